#include <utility>

#include <fmt/format.h>

#include <client-updater/update/start_choice.hpp>
#include <manifests/codec/reader.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr std::string_view kFormat = "kip.updater-start";
constexpr std::uint64_t kMaxBytes = 4096;
constexpr unsigned kForAll = 0644;
constexpr int kMostStarts = 2;

Result<std::optional<Target>> read_target(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  if (found == nullptr) return std::optional<Target>();
  KIP_TRY(Target target, parse_target(*found));
  return std::optional(std::move(target));
}

}  // namespace

Bytes to_bytes(const StartChoice& choice) {
  json::Object out = {{"format", fmt::format("{}/1", kFormat)}, {"proven", choice.proven}, {"starts", choice.starts}};
  if (choice.chosen) out["chosen"] = to_json(*choice.chosen);
  if (choice.before) out["before"] = to_json(*choice.before);
  if (choice.refused) out["refused"] = to_json(*choice.refused);
  return json::to_compact(out);
}

Result<StartChoice> parse_start_choice(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = kMaxBytes, .depth = 4, .values = 100}));
  json::ObjectReader in(value, "the choice of an updater");
  in.format(kFormat, 1);
  StartChoice out;
  out.proven = in.boolean("proven");
  out.starts = static_cast<int>(in.integer("starts", 0, kMostStarts));
  KIP_TRY_VOID(in.finish());
  KIP_TRY(out.chosen, read_target(value, "chosen"));
  KIP_TRY(out.before, read_target(value, "before"));
  KIP_TRY(out.refused, read_target(value, "refused"));
  return out;
}

Result<StartChoice> read_start_choice(FileSystem& files, const std::filesystem::path& file) {
  const auto bytes = read_file(files, file, kMaxBytes);
  if (!bytes) {
    const ErrorCode code = bytes.error().code;
    const bool is_none = code == ErrorCode::not_found || code == ErrorCode::conflict || code == ErrorCode::too_large;
    return is_none ? Result<StartChoice>(StartChoice()) : Unexpected(bytes.error());
  }
  auto choice = parse_start_choice(*bytes);
  return choice ? *std::move(choice) : StartChoice();
}

Result<void> write_start_choice(FileSystem& files, const std::filesystem::path& file, const StartChoice& choice) {
  return replace_file(files, file, to_bytes(choice), kForAll);
}

bool has_failed(const StartChoice& choice) {
  return !choice.proven && choice.starts >= kMostStarts;
}

std::optional<Target> to_be_started(const StartChoice& choice, const Version& running, bool is_alone) {
  const bool usable = choice.proven || (is_alone && !has_failed(choice));
  for (const auto& candidate : {usable ? choice.chosen : std::nullopt, choice.before}) {
    if (candidate) return candidate->version > running ? candidate : std::nullopt;
  }
  return std::nullopt;
}

std::optional<Target> proven_version(const StartChoice& choice) {
  return choice.proven ? choice.chosen : choice.before;
}

StartChoice allowed_choice(StartChoice choice, const ProductPolicy& policy) {
  if (choice.before && !policy.check(choice.before->version)) choice.before.reset();
  if (choice.chosen && choice.before && !policy.check(choice.chosen->version)) {
    choice.chosen = std::exchange(choice.before, std::nullopt);
    choice.proven = true;
    choice.starts = 0;
  }
  return choice;
}

}  // namespace kip::updater
