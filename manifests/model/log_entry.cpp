#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/model/log_entry.hpp>

namespace kip {
namespace {

constexpr Choices<LogName, 2> kLogs{{{LogName::o, "o"}, {LogName::r, "r"}}};
constexpr Choices<EntrySigner, 3> kSigners{
    {{EntrySigner::server, "server"}, {EntrySigner::install, "install"}, {EntrySigner::officer, "officer"}}};

/// In O alone, attested by the server.
EntryRule open(std::string_view type, std::vector<std::string_view> members) {
  return {type, EntrySigner::server, true, false, std::move(members)};
}

std::vector<EntryRule> make_rules() {
  std::vector<EntryRule> out{
      open(event_type::kActRegistered, {"act"}),
      open(event_type::kActDateStated, {"act", "date", "day", "source"}),
      open(event_type::kActDateConfirmed, {"act", "date", "day"}),
      open(event_type::kActDevelopmentStated, {"act", "turn", "on", "source", "clock", "from"}),
      open(event_type::kActDevelopmentConfirmed, {"act", "number"}),
      open(event_type::kCommitmentRegistered, {"commitment"}),
      open(event_type::kObligationOpened, {"number", "act", "commitment"}),
      open(event_type::kWaiverRequested, {"number", "expires"}),
      open(event_type::kWaiverApproved, {"number", "waiver"}),
      open(event_type::kObligationBlocked, {"number", "since", "part"}),
      open(event_type::kObligationUnblocked, {"number", "on", "part"}),
      open(event_type::kCoverageDisposed, {"issuer", "year", "series", "from", "to", "disposition"}),
      open(event_type::kCoverageExtended, {"issuer", "year", "series", "up_to", "source"}),
      open(event_type::kPromiseRegistered, {"promise"}),
  };
  out.push_back({event_type::kReleasePublished,
                 EntrySigner::officer,
                 true,
                 false,
                 {"product", "version", "manifest", "acts", "target", "metadata", "audience"}});
  out.push_back(open(event_type::kRolloutChanged, {"rollout"}));
  // What comes of stamping asks for no stamp, or there would be no end to it.
  for (EntryRule rule :
       {open(event_type::kHeadRecorded, {"log", "checkpoint"}),
        open(event_type::kTimestampRecorded, {"checkpoint", "authority", "token", "accuracy_us", "independent"})}) {
    rule.is_news = false;
    out.push_back(std::move(rule));
  }
  // The first entry of each new log.
  out.push_back({event_type::kLogRestarted, EntrySigner::server, true, true, {"logs"}});
  out.push_back({event_type::kReceiptsRecorded, EntrySigner::install});
  return out;
}

/// What people write in their own words may name people.
json::Value without_free_texts(const json::Value& value) {
  if (const json::Array* items = value.as_array()) {
    json::Array out;
    for (const json::Value& item : *items)
      out.push_back(without_free_texts(item));
    return out;
  }
  const json::Object* members = value.as_object();
  if (members == nullptr) return value;
  json::Object out;
  for (const auto& [name, member] : *members) {
    if (name != "note" && name != "reason" && name != "evidence") out.emplace(name, without_free_texts(member));
  }
  return out;
}

}  // namespace

std::string_view to_string(LogName log) {
  return choice_text(kLogs, log);
}

Result<LogName> parse_log_name(std::string_view text) {
  return parse_choice(kLogs, "a log", text);
}

std::string folder_of(const LogLife& life) {
  return fmt::format("{}{}", to_string(life.log), life.number == 1 ? "" : std::to_string(life.number));
}

std::string_view to_string(EntrySigner signer) {
  return choice_text(kSigners, signer);
}

const std::vector<EntryRule>& entry_rules() {
  static const std::vector<EntryRule> rules = make_rules();
  return rules;
}

const EntryRule& entry_rule(std::string_view type) {
  static const EntryRule other{};
  const auto& rules = entry_rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const EntryRule& rule) { return rule.type == type; });
  return found == rules.end() ? other : *found;
}

LogEntry open_part(const Event& event, const Sha256Digest& commitment) {
  json::Object body;
  for (const std::string_view name : entry_rule(event.type).open_members) {
    if (const json::Value* member = event.body.find(name)) body.emplace(name, without_free_texts(*member));
  }
  return {event.id, event.tenant, event.origin, event.type, event.claimed_time, std::move(body), false, commitment};
}

Result<LogEntry> parse_log_entry(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload));
  json::ObjectReader in(value, "log entry");
  in.format("kip.log-entry", 1);
  auto id = in.parsed("id", EventId::parse);
  auto tenant = in.parsed("tenant", TenantId::parse);
  std::string origin = in.text("origin");
  std::string type = in.text("type", 64);
  const auto time = in.parsed("claimed_time", parse_instant);
  json::Value body = in.object("body");
  const bool withheld = in.boolean_or("withheld", false);
  const auto commitment = in.parsed("event", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return LogEntry{*std::move(id), *std::move(tenant), std::move(origin), std::move(type),
                  *time,          std::move(body),    withheld,          *commitment};
}

json::Value to_json(const LogEntry& entry) {
  json::Object out{{"format", "kip.log-entry/1"},  {"id", entry.id.str()},
                   {"tenant", entry.tenant.str()}, {"origin", entry.origin},
                   {"type", entry.type},           {"claimed_time", format_instant(entry.claimed_time)},
                   {"body", entry.body},           {"event", entry.commitment.hex()}};
  if (entry.withheld) out.emplace("withheld", true);
  return out;
}

}  // namespace kip
