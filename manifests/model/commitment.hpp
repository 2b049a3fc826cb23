#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/office_hours.hpp>
#include <manifests/deadline/rule.hpp>
#include <manifests/model/act.hpp>

namespace kip {

using CommitmentId = Slug<struct CommitmentTag>;

/// What must have happened in time: the vendor published, or every entitled customer has it installed.
enum class Milestone { published, installed };

std::string_view to_string(Milestone milestone);
Result<Milestone> parse_milestone(std::string_view text);

/// One promise of a vendor's service terms, as data. Format: docs/formats/commitment.md, "kip.commitment/1".
struct Commitment {
  CommitmentId id;
  ProductId product;
  std::string title = {};
  std::string clause;             ///< the words of the contract, quoted
  std::set<std::string> issuers;  ///< normalised; at least one
  std::set<ActKind> act_kinds;    ///< at least one
  std::set<ActChange> changes;    ///< empty: whatever the act changes
  std::optional<Period> period;   ///< none: tracked against the effective date, never missed
  Trigger trigger = Trigger::act_signed;
  std::string rule;      ///< id of a counting rule that exists
  std::string calendar;  ///< country
  CalendarProfile profile = CalendarProfile::all_rows;
  Milestone milestone = Milestone::published;
  ClockPolicy clock = ClockPolicy::elapsed;  ///< of a period in hours or minutes
  std::optional<OfficeHours> office = {};    ///< where the clock needs it
  std::chrono::hours risk{48};               ///< with less than this left it is at risk
  bool beyond_contract = false;              ///< also to customers whose contract has ended

  /// Whether the promise covers the act: issuer, kind, what it changes, and that it concerns the product.
  bool matches(const Act& act) const;

  bool operator==(const Commitment&) const = default;
};

/// Code issuer-unknown: the vendor promises something about acts, but nothing about acts of this issuer, which may be a
/// typing error. None where there are no commitments at all.
std::vector<Warning> check_issuer(const Act& act, const std::vector<Commitment>& commitments);
/// Code trigger-date-missing: a promise covers the act, and its period runs from a date that the act does not have yet.
std::vector<Warning> check_triggers(const Act& act, const std::vector<Commitment>& commitments);

/// Strict: in "kip.commitment/1" an unknown member is an error. Errors: malformed, too_large, not_found for an unknown
/// rule.
Result<Commitment> read_commitment(const json::Value& value);
Result<Commitment> parse_commitment(BytesView text);
json::Value to_json(const Commitment& commitment);

/// {"format": "kip.commitments/1", "commitments": [...]}, each id once. Errors as above.
Result<std::vector<Commitment>> parse_commitments(BytesView text);
json::Value to_json(const std::vector<Commitment>& commitments);

}  // namespace kip
