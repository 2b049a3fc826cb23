#include <client-updater/update/hook_policy.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/core/printable.hpp>

namespace kip::updater {
namespace {

constexpr std::int64_t kMaxSeconds = 3600;
constexpr std::size_t kMaxUser = 64;

Result<std::string> parse_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return std::string(text);
  return fail(ErrorCode::malformed, "holds a NUL");
}

Result<std::string> parse_program(std::string_view text) {
  if (text.starts_with('/') && is_printable_line(text)) return std::string(text);
  return fail(ErrorCode::malformed, "must be the whole path of a program");
}

std::optional<Command> read_command(json::ObjectReader& policy, std::string_view name) {
  if (!policy.has(name)) return std::nullopt;
  json::ObjectReader in(policy.object(name), name);
  Command command;
  command.program = in.parsed("program", parse_program).value_or("");
  command.arguments = json::text_items(in, "arguments", parse_text, 64);
  command.within = std::chrono::seconds(in.optional_integer("within_seconds", 1, kMaxSeconds).value_or(30));
  command.user = in.optional_text("user", kMaxUser).value_or("");
  if (const auto read = in.finish(json::ObjectReader::Unknown::refuse); !read) {
    policy.refuse(name, read.error().message);
  }
  return command;
}

}  // namespace

Result<HookPolicy> parse_hook_policy(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = HookPolicy::kMaxBytes, .depth = 8, .values = 1000}));
  json::ObjectReader in(value, "hooks");
  in.format("kip.hooks", 1);
  HookPolicy policy;
  policy.probe_user = in.optional_text("probe_user", kMaxUser);
  policy.quiesce = read_command(in, "quiesce");
  policy.resume = read_command(in, "resume");
  KIP_TRY_VOID(in.finish(json::ObjectReader::Unknown::refuse));
  return policy;
}

}  // namespace kip::updater
