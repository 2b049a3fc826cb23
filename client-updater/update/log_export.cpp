#include <client-updater/update/log_export.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0644;

}  // namespace

json::Object log_heads_file(const State& state, Instant now) {
  json::Array heads;
  for (const KeptHead& one : state.log_heads) {
    heads.push_back(json::Object{{"origin", one.head.origin},
                                 {"size", one.head.size},
                                 {"root", one.head.root.hex()},
                                 {"seen_at", format_instant(one.seen_at)},
                                 {"note", one.note}});
  }
  json::Array conflicts;
  for (const LogConflict& one : state.log_conflicts) {
    conflicts.push_back(json::Object{{"fault", to_string(one.fault)},
                                     {"origin", one.origin},
                                     {"noticed_at", format_instant(one.noticed_at)},
                                     {"earlier", one.earlier},
                                     {"later", one.later}});
  }
  return {{"format", "kip.log-heads/1"},
          {"tenant", state.enrolment->tenant.str()},
          {"install", state.enrolment->install.str()},
          {"exported_at", format_instant(now)},
          {"heads", std::move(heads)},
          {"conflicts", std::move(conflicts)}};
}

Result<void> export_log(FileSystem& files, const State& state, const std::filesystem::path& file, Instant now) {
  if (state.log_heads.empty())
    return fail(ErrorCode::not_found, "this install has seen nothing of the vendor's log yet; run kip-updater check");
  return replace_file(files, file, json::to_pretty(log_heads_file(state, now)), kForAll);
}

}  // namespace kip::updater
