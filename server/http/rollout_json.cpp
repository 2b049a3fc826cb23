#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <server/http/rollout_json.hpp>

namespace kip::server {
namespace {

json::Array texts_json(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

json::Value diff_json(const ReleaseDiff& diff) {
  json::Object out{{"product", diff.release.product.str()},
                   {"version", diff.release.version.str()},
                   {"new", diff.release.is_new},
                   {"package_bytes", diff.package_bytes},
                   {"lines", texts_json(diff.lines)}};
  if (diff.compared_with) out["compared_with"] = diff.compared_with->str();
  if (!diff.unreadable.empty()) out["unreadable"] = diff.unreadable;
  return out;
}

json::Value missing_json(const MissingInstall& install) {
  json::Object out{{"install", install.install.str()}, {"label", install.label}, {"why", to_string(install.why)}};
  if (install.heard_at) out["heard_at"] = format_instant(*install.heard_at);
  return out;
}

json::Value customer_json(const CustomerForecast& customer) {
  json::Array missing;
  for (const MissingInstall& install : customer.missing)
    missing.push_back(missing_json(install));
  return json::Object{{"tax_code", customer.tax_code.str()},
                      {"name", customer.name},
                      {"phone", customer.phone},
                      {"why", to_string(customer.why())},
                      {"installs", std::move(missing)}};
}

}  // namespace

json::Value release_json(const StandingRelease& release) {
  json::Object out{{"product", release.product.str()},
                   {"version", release.version.str()},
                   {"state", to_string(release.state)},
                   {"acts", texts_json(release.acts)}};
  if (release.published_at) out["published_at"] = format_instant(*release.published_at);
  if (release.proposal) out["proposal"] = release.proposal->str();
  if (!release.reason.empty()) out["reason"] = release.reason;
  return out;
}

json::Value detail_json(const ProposalDetail& detail) {
  json::Array diffs;
  for (const ReleaseDiff& diff : detail.releases)
    diffs.push_back(diff_json(diff));
  json::Object out{{"proposal", to_json(detail.proposal)}, {"diffs", std::move(diffs)}};
  add_warnings(out, detail.warnings);
  return out;
}

void add_warnings(json::Object& to, const std::vector<std::string>& warnings) {
  if (!warnings.empty()) to["warnings"] = texts_json(warnings);
}

json::Value standing_json(const RolloutStanding& standing) {
  const Outcomes& outcomes = standing.outcomes;
  json::Object out{{"rollout", to_json(standing.record.rollout)},
                   {"since", format_instant(standing.record.since)},
                   {"changed_by", standing.record.by},
                   {"installs", standing.installs},
                   {"have_it", standing.have_it},
                   {"held", standing.held},
                   {"outcomes", json::Object{{"done", outcomes.done},
                                             {"failed", outcomes.failed},
                                             {"timed_out", outcomes.timed_out},
                                             {"under_way", outcomes.under_way},
                                             {"waiting", outcomes.waiting}}}};
  add_warnings(out, standing.warnings);
  return out;
}

json::Value forecast_json(const RolloutForecast& forecast) {
  json::Array customers;
  for (const CustomerForecast& customer : forecast.customers)
    customers.push_back(customer_json(customer));
  json::Object out{{"standing", standing_json(forecast.standing)},
                   {"per_day", static_cast<std::int64_t>(std::llround(forecast.per_hour * 24))},
                   {"will_have_it", forecast.will_have_it},
                   {"customers", std::move(customers)}};
  if (forecast.obligation) out["obligation"] = *forecast.obligation;
  if (forecast.due) out["due"] = format_instant(*forecast.due);
  return out;
}

Result<Rollout> read_asked_rollout(const json::Value& value) {
  constexpr std::array<std::string_view, 11> kMembers{"format",
                                                      "product",
                                                      "version",
                                                      "percent",
                                                      "paused",
                                                      "ramp",
                                                      "rings",
                                                      "base",
                                                      "windows",
                                                      "force_after",
                                                      "force_before_due_hours"};
  const json::Object* members = value.as_object();
  if (members == nullptr) return fail(ErrorCode::malformed, "a rollout is a JSON object");
  json::Object whole{{"format", "kip.rollout/1"}, {"percent", 100}, {"paused", false}};
  for (const auto& [name, member] : *members) {
    if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end() && name != "reason")
      return fail(ErrorCode::malformed, fmt::format("a rollout has no \"{}\"", name.substr(0, 60)));
    whole[name] = member;
  }
  return read_rollout(whole);
}

}  // namespace kip::server
