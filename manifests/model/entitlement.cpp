#include <algorithm>
#include <array>

#include <manifests/model/entitlement.hpp>

namespace kip {
namespace {

/// Days before the end at which people are warned, the most urgent first.
constexpr std::array kWarnings = {7, 30, 60};

std::optional<int> warning(LegalDate on, LegalDate last_day) {
  for (const int ahead : kWarnings) {
    if (last_day - on <= std::chrono::days(ahead)) return ahead;
  }
  return std::nullopt;
}

bool is_owed(const Customer& customer, const ReleaseFact& release, const std::vector<ArisenAct>& acts) {
  return std::any_of(acts.begin(), acts.end(), [&](const ArisenAct& arisen) {
    const bool serves = std::find(release.acts.begin(), release.acts.end(), arisen.act) != release.acts.end();
    const bool counts = !customer.obligations_from || *customer.obligations_from <= arisen.day;
    return serves && counts && customer.entitlement(arisen.day).is_entitled();
  });
}

std::string_view state_text(Entitlement::State state) {
  switch (state) {
    case Entitlement::State::entitled:
      return "entitled";
    case Entitlement::State::ended:
      return "ended";
    case Entitlement::State::not_yet:
      return "not-yet";
  }
  KIP_CHECK(false);
  return {};
}

json::Array versions_json(const std::vector<Version>& versions) {
  json::Array out;
  for (const Version& version : versions)
    out.push_back(version.str());
  return out;
}

}  // namespace

EntitlementView entitlement_view(const Customer& customer, LegalDate on, const std::vector<ReleaseFact>& releases,
                                 const std::vector<ArisenAct>& acts) {
  EntitlementView out{.on = on, .state = customer.entitlement(on)};
  out.last_day = customer.periods.last_day(on, customer.contract_start);
  if (out.last_day) out.ends_within = warning(on, *out.last_day);
  out.by_the_hour = !out.state.is_entitled() && customer.by_the_hour;
  for (const ReleaseFact& release : releases) {
    if (on < release.published_on) continue;
    if (customer.entitlement(release.published_on).is_entitled()) {
      if (!out.newest || *out.newest < release.version) out.newest = release.version;
    } else {
      (is_owed(customer, release, acts) ? out.still_owed : out.beyond).push_back(release.version);
    }
  }
  std::sort(out.still_owed.begin(), out.still_owed.end());
  std::sort(out.beyond.begin(), out.beyond.end());
  return out;
}

json::Value to_json(const EntitlementView& view) {
  json::Object out{{"on", format_date(view.on)},
                   {"state", state_text(view.state.state)},
                   {"by_the_hour", view.by_the_hour},
                   {"still_owed", versions_json(view.still_owed)},
                   {"beyond", versions_json(view.beyond)}};
  if (view.state.since) out.emplace("since", format_date(*view.state.since));
  if (view.last_day) out.emplace("last_day", format_date(*view.last_day));
  if (view.ends_within) out.emplace("ends_within_days", *view.ends_within);
  if (view.newest) out.emplace("newest", view.newest->str());
  return out;
}

}  // namespace kip
