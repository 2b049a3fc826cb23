#include <fmt/format.h>

#include <client-updater/app/output.hpp>

namespace kip::updater {
namespace {

std::string head_line(const KeptHead& one) {
  return fmt::format("{} with {} entries, seen {}", one.head.origin, one.head.size, format_instant(one.seen_at));
}

std::string conflict_line(const LogConflict& one) {
  return fmt::format("the vendor's log {} {}, noticed {}", one.origin,
                     one.fault == LogFault::forked ? "has changed what it had signed before"
                                                   : "shows fewer entries than it had signed before",
                     format_instant(one.noticed_at));
}

json::Object head_json(const KeptHead& one) {
  return {{"origin", one.head.origin},
          {"size", one.head.size},
          {"root", one.head.root.hex()},
          {"seen_at", format_instant(one.seen_at)}};
}

json::Object conflict_json(const LogConflict& one) {
  return {{"fault", to_string(one.fault)}, {"origin", one.origin}, {"noticed_at", format_instant(one.noticed_at)}};
}

}  // namespace

void add_log(Output& out, const LogLook& look) {
  json::Object value;
  if (look.newer) value["newer"] = head_json(*look.newer);
  if (look.failure) value["failure"] = look.failure->message;
  if (look.conflict) {
    value["conflict"] = conflict_json(*look.conflict);
    out.lines.push_back(
        fmt::format("ALARM: {}. Updates go on; kip-updater log export --out FILE writes the proof for "
                    "your auditor",
                    conflict_line(*look.conflict)));
  }
  if (!value.empty()) out.value["log"] = std::move(value);
}

Output describe_log(const State& state) {
  Output out;
  json::Array heads;
  for (const KeptHead& one : state.log_heads) {
    out.lines.push_back(head_line(one));
    heads.push_back(head_json(one));
  }
  if (heads.empty()) out.lines.emplace_back("nothing was seen of the vendor's log yet");
  json::Array conflicts;
  for (const LogConflict& one : state.log_conflicts) {
    out.lines.push_back("ALARM: " + conflict_line(one));
    conflicts.push_back(conflict_json(one));
  }
  out.value = {{"heads", std::move(heads)}, {"conflicts", std::move(conflicts)}};
  return out;
}

}  // namespace kip::updater
