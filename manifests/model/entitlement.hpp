#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/version.hpp>
#include <manifests/model/customer.hpp>

namespace kip {

/// A release as entitlement sees it.
struct ReleaseFact {
  Version version;
  LegalDate published_on;
  std::vector<ActKey> acts = {};  ///< that it serves, or parts of them
};

/// An act under whose obligations something is owed to customers who were entitled on that day.
struct ArisenAct {
  ActKey act;
  LegalDate day;
};

/// What a customer is entitled to on a day.
struct EntitlementView {
  LegalDate on;
  Entitlement state;
  std::optional<LegalDate> last_day = {};  ///< of the entitlement that holds on that day
  std::optional<int> ends_within = {};     ///< 60, 30 or 7 days: the smallest that fits
  bool by_the_hour = false;                ///< not entitled, and the contract says so
  std::optional<Version> newest = {};      ///< the release to which the customer is entitled
  std::vector<Version> still_owed = {};    ///< published later, for acts that arose while entitled; ascending
  std::vector<Version> beyond = {};        ///< published outside the periods, and not owed; ascending
};

/// Releases published on a day of the periods are inside. So are those that serve an act that arose on such a day: what
/// arose while entitled is still delivered. Only what was published up to `on` is looked at. Pure.
EntitlementView entitlement_view(const Customer& customer, LegalDate on, const std::vector<ReleaseFact>& releases,
                                 const std::vector<ArisenAct>& acts);

/// {"on", "state": "entitled|ended|not-yet", "since"?, "last_day"?, "ends_within_days"?, "by_the_hour", "newest"?,
/// "still_owed": [version], "beyond": [version]}
json::Value to_json(const EntitlementView& view);

}  // namespace kip
