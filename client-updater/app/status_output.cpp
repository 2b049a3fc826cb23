#include <functional>

#include <fmt/format.h>

#include <client-updater/app/output.hpp>

namespace kip::updater {
namespace {

/// Whether the change of what is in use was begun and is still to be finished.
bool is_interrupted(const State& state) {
  return is_unsettled(state.attempt.phase) && state.attempt.phase != Phase::held;
}

json::Array versions_json(const State& state) {
  json::Array out;
  for (const InstalledVersion& version : state.versions) {
    json::Object item{{"version", version.target.version.str()},
                      {"manifest", version.target.manifest.hex()},
                      {"committed_at", format_instant(version.committed_at)},
                      {"in_use", version.current}};
    if (version.confirmed_at) item["confirmed_at"] = format_instant(*version.confirmed_at);
    out.push_back(std::move(item));
  }
  return out;
}

void add_known(json::Object& out, const State& state) {
  if (state.current() != nullptr) out["in_use"] = to_json(state.current()->target);
  if (state.policy.floor) out["floor"] = state.policy.floor->str();
  if (!state.policy.revoked.empty())
    out["revoked"] = json::Object(state.policy.revoked.begin(), state.policy.revoked.end());
  if (state.skipped) out["skipped"] = to_json(*state.skipped);
  if (state.last_check) out["last_check"] = format_instant(*state.last_check);
  if (state.delivery.next_try) out["next_try"] = format_instant(*state.delivery.next_try);
}

void add_wishes(json::Object& out, const State& state) {
  if (state.deferral) {
    out["deferred"] = json::Object{{"version", state.deferral->version.str()},
                                   {"until", format_instant(state.deferral->until)},
                                   {"reason", state.deferral->reason}};
  }
  if (state.waiting) {
    out["waiting"] = json::Object{{"version", state.waiting->version.str()}, {"for", to_string(state.waiting->what)}};
  }
  if (state.postponement) {
    out["contract"] = json::Object{{"may_postpone", state.postponement->allowed},
                                   {"force_allowed", state.postponement->force_allowed},
                                   {"said_at", format_instant(state.postponement->said_at)}};
  }
}

json::Object status_json(const Status& status) {
  const State& state = status.state;
  const Enrolment& enrolment = *state.enrolment;
  json::Object out{{"url", enrolment.url},
                   {"tenant", enrolment.tenant.str()},
                   {"product", enrolment.product.str()},
                   {"install", enrolment.install.str()},
                   {"incarnation", enrolment.incarnation},
                   {"customer", enrolment.customer},
                   {"label", enrolment.label},
                   {"enrolled_at", format_instant(enrolment.enrolled_at)},
                   {"versions", versions_json(state)},
                   {"layout", to_string(enrolment.layout)},
                   {"app_folder", status.app_folder.string()},
                   {"held", state.attempt.phase == Phase::held},
                   {"interrupted", is_interrupted(state)},
                   {"exceptions", json::Array(status.kept_edited.begin(), status.kept_edited.end())},
                   {"pointer_as_recorded", status.pointer_as_recorded},
                   {"outbox", json::Object{{"pending", status.outbox.pending},
                                           {"acknowledged", status.outbox.acknowledged},
                                           {"failures", state.delivery.failures}}}};
  json::Array requests;
  for (const KeptRequest& request : status.requests)
    requests.push_back(request_json(request));
  out["requests"] = std::move(requests);
  add_known(out, state);
  add_wishes(out, state);
  out["log"] = describe_log(state).value;
  json::Array databases;
  for (const AttachedDatabase& database : state.databases)
    databases.push_back(to_json(database));
  out["databases"] = std::move(databases);
  json::Object metadata;
  for (const MetadataStatus& file : status.metadata)
    metadata[file.role] = json::Object{{"version", file.version}, {"expires", format_instant(file.expires)}};
  out["metadata"] = std::move(metadata);
  return out;
}

using Line = std::function<void(std::string_view name, const std::string& text)>;

void add_wishes(const Line& line, const State& state) {
  if (state.deferral) {
    line("put off", fmt::format("version {} until {}: {}", state.deferral->version.str(),
                                format_instant(state.deferral->until), state.deferral->reason));
  }
  if (state.waiting) {
    line("waiting", fmt::format("version {} ({})", state.waiting->version.str(), to_string(state.waiting->what)));
  }
  if (state.postponement) {
    line("contract",
         fmt::format("updates may {}be put off, and may {}be forced (as of {})",
                     state.postponement->allowed ? "" : "not ", state.postponement->force_allowed ? "" : "not ",
                     format_instant(state.postponement->said_at)));
  }
}

std::vector<std::string> status_lines(const Status& status) {
  const State& state = status.state;
  const Enrolment& enrolment = *state.enrolment;
  std::vector<std::string> out;
  const Line line = [&out](std::string_view name, const std::string& text) {
    out.push_back(fmt::format("{:<15}{}", name, text));
  };
  line("install", fmt::format("{} ({})", enrolment.install.str(), enrolment.label));
  if (!enrolment.customer.empty()) line("customer", enrolment.customer);
  line("vendor", fmt::format("{} at {}", enrolment.tenant.str(), enrolment.url));
  const InstalledVersion* current = state.current();
  line("in use",
       fmt::format("{} {}", enrolment.product.str(), current != nullptr ? current->target.version.str() : "-"));
  for (const InstalledVersion& version : state.versions) {
    if (!version.current) line("kept", version.target.version.str());
  }
  line("files",
       fmt::format("{}{}", status.app_folder.string(), enrolment.layout == LayoutKind::versioned ? "/current" : ""));
  if (state.policy.floor) line("floor", state.policy.floor->str());
  if (state.skipped) line("skipped", state.skipped->version.str() + " (left by a rollback)");
  add_wishes(line, state);
  for (const AttachedDatabase& database : state.databases)
    line("database", fmt::format("{} {}", database.kind, database.location));
  line("last check", state.last_check ? format_instant(*state.last_check) : "never");
  line("reports", fmt::format("{} delivered, {} kept", status.outbox.acknowledged, status.outbox.pending));
  if (state.delivery.next_try) line("next try", format_instant(*state.delivery.next_try));
  for (const KeptRequest& request : status.requests)
    line("request", request_line(request));
  for (const MetadataStatus& file : status.metadata)
    line("metadata", fmt::format("{} version {}, expires {}", file.role, file.version, format_instant(file.expires)));
  if (state.attempt.phase == Phase::held) {
    line("attention", fmt::format("held: {}; call the vendor's support",
                                  state.attempt.failure ? state.attempt.failure->detail : ""));
  }
  if (is_interrupted(state)) {
    line("attention",
         fmt::format("the change to version {} was interrupted, and files and databases may be half of it: "
                     "kip-updater update finishes it",
                     state.attempt.target->version.str()));
  }
  for (const std::string& path : status.kept_edited)
    line("edited here",
         fmt::format("{} (the vendor's new one is beside it, as {}{})", path, path, PackageManifest::kBesideEnding));
  if (!state.log_heads.empty())
    line("log", fmt::format("{} entries seen {}", state.log_heads.back().head.size,
                            format_instant(state.log_heads.back().seen_at)));
  if (!state.log_conflicts.empty()) {
    line("attention", fmt::format("the vendor's log contradicts itself ({} times): kip-updater log show",
                                  state.log_conflicts.size()));
  }
  if (!status.pointer_as_recorded) line("attention", "the pointer is not as recorded; the next run sets that right");
  return out;
}

}  // namespace

Output describe(const Status& status) {
  return {status_lines(status), status_json(status)};
}

}  // namespace kip::updater
