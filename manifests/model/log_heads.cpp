#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/model/log_heads.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxItems = 1000;
constexpr Choices<LogFault, 2> kFaults = {{{LogFault::forked, "forked"}, {LogFault::shrunk, "shrunk"}}};

Result<KeptHead> parse_kept_head(const json::Value& value) {
  KIP_TRY(SeenHead head, parse_seen_head(value));
  json::ObjectReader in(value, "head");
  const auto seen_at = in.parsed("seen_at", parse_instant);
  Bytes note = in.text("note", LogHeads::kMaxNote);
  KIP_TRY_VOID(in.finish());
  return KeptHead{std::move(head), std::move(note), *seen_at};
}

json::Value to_json(const KeptHead& one) {
  return json::Object{{"origin", one.head.origin},
                      {"size", one.head.size},
                      {"root", one.head.root.hex()},
                      {"seen_at", format_instant(one.seen_at)},
                      {"note", one.note}};
}

Result<LogConflict> parse_conflict(const json::Value& value) {
  json::ObjectReader in(value, "conflict");
  const auto fault = in.parsed("fault", parse_log_fault);
  std::string origin = in.text("origin");
  Bytes earlier = in.text("earlier", LogHeads::kMaxNote);
  Bytes later = in.text("later", LogHeads::kMaxNote);
  const auto noticed_at = in.parsed("noticed_at", parse_instant);
  KIP_TRY_VOID(in.finish());
  return LogConflict{*fault, std::move(origin), std::move(earlier), std::move(later), *noticed_at};
}

json::Value to_json(const LogConflict& one) {
  return json::Object{{"fault", to_string(one.fault)},
                      {"origin", one.origin},
                      {"earlier", one.earlier},
                      {"later", one.later},
                      {"noticed_at", format_instant(one.noticed_at)}};
}

}  // namespace

std::string_view to_string(LogFault fault) {
  return choice_text(kFaults, fault);
}

Result<LogFault> parse_log_fault(std::string_view text) {
  return parse_choice(kFaults, "a fault of a log", text);
}

Result<LogHeads> parse_log_heads(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = LogHeads::kMaxBytes}));
  json::ObjectReader in(value, "file of log heads");
  in.format("kip.log-heads", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  const auto exported_at = in.parsed("exported_at", parse_instant);
  in.array("heads", kMaxItems);
  in.array("conflicts", kMaxItems);
  auto heads = in.each("heads", parse_kept_head, kMaxItems);
  auto conflicts = in.each("conflicts", parse_conflict, kMaxItems);
  KIP_TRY_VOID(in.finish());
  return LogHeads{*std::move(tenant), *std::move(install), *exported_at, std::move(heads), std::move(conflicts)};
}

Bytes to_bytes(const LogHeads& heads) {
  const auto list = [](const auto& items) {
    json::Array out;
    for (const auto& one : items)
      out.push_back(to_json(one));
    return out;
  };
  return json::to_pretty(json::Object{{"format", "kip.log-heads/1"},
                                      {"tenant", heads.tenant.str()},
                                      {"install", heads.install.str()},
                                      {"exported_at", format_instant(heads.exported_at)},
                                      {"heads", list(heads.heads)},
                                      {"conflicts", list(heads.conflicts)}});
}

}  // namespace kip
