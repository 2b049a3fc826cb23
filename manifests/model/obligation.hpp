#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <manifests/deadline/engine.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/customer.hpp>

namespace kip {

enum class ObligationState {
  running,
  at_risk,  ///< less than 48 hours left
  met,
  met_late,
  missed,
  not_applicable,
  not_entitled,
  tracked,  ///< the commitment has no period: shown, never judged
};

std::string_view to_string(ObligationState state);
/// Errors: malformed, with the list of states.
Result<ObligationState> parse_obligation_state(std::string_view text);

/// A release that serves the act became public.
struct Publication {
  ProductId product;
  Instant at;
};

/// One computer of a customer. A retired one that has no release serving the act is no concern of it.
struct InstallFact {
  InstallId id;
  std::string label;
  std::optional<Instant> installed_at = {};  ///< the first release serving the act, as the server received it
  bool retired = false;
};

struct CustomerFacts {
  Customer customer;
  std::vector<InstallFact> installs;
};

/// All that is known when the obligation is judged. Customers of other products are passed over.
struct ObligationFacts {
  std::int64_t number = 0;  ///< of the obligation, without gaps per tenant
  const Act& act;
  const Commitment& commitment;
  std::vector<Publication> publications = {};
  std::vector<CustomerFacts> customers = {};
  Instant now;
};

enum class Applicability {
  applicable,
  not_applicable,     ///< reason regime-not-concerned, detail: the customer's regime
  unknown_attribute,  ///< reason regime-unknown: judged as if applicable, since unknown is never counted as compliant
  not_entitled,  ///< reason contract-ended or contract-not-begun, detail: the first day without or with entitlement
};

std::string_view to_string(Applicability applicability);

struct CustomerRow {
  TaxCode tax_code;
  std::string name;
  Applicability applicability = Applicability::applicable;
  std::string reason = {};  ///< code; empty where applicable
  std::string detail = {};
  int seats = 0;
  int installed = 0;                         ///< computers that have it, at most `seats`
  int never_enrolled = 0;                    ///< seats without an enrolled computer
  std::vector<std::string> missing = {};     ///< labels of active installs without it
  std::optional<Instant> completed_at = {};  ///< when the last promised seat had it
  ObligationState state = ObligationState::running;
};

/// The judged obligation, by the server's own times: `proven` is always false here, evidence comes from elsewhere.
struct ObligationView {
  std::int64_t number = 0;
  ActKey act;
  CommitmentId commitment;
  ProductId product;
  Milestone milestone = Milestone::published;
  std::optional<Deadline> due = {};      ///< none: no period, or the act lacks the date that starts it
  std::optional<LegalDate> target = {};  ///< the effective date, where the commitment has no period
  std::optional<Instant> published_at = {};
  std::optional<Instant> completed_at = {};  ///< when the milestone was reached
  ObligationState state = ObligationState::running;
  std::string reason = {};  ///< trigger-date-missing, product-not-concerned, no-customers; empty where there is none
  std::optional<std::chrono::milliseconds> time_left = {};  ///< running, at risk
  std::optional<std::chrono::milliseconds> late_by = {};    ///< met late, missed (so far)
  int installed = 0;                                        ///< computers of the rows that count
  int seats = 0;
  std::vector<CustomerRow> customers = {};  ///< only where the milestone is `installed`
  bool proven = false;
};

/// Judges one obligation. Pure: the same facts, calendar and zone database give the same view.
/// - published: once, by the earliest publication of the product. installed: each customer by the instant at which as
/// many
///   of its computers as it has seats had it; all by the latest of these.
/// - Rows that are not applicable or not entitled (on the act's trigger date) do not count. Where no row counts, the
/// whole is
///   not_entitled if any row is, else not_applicable.
/// - In time is strictly before the due instant.
/// Errors: those of compute_deadline(); usage where the calendar is not that of the commitment.
Result<ObligationView> judge(const ObligationFacts& facts, const Calendar& calendar, const ZoneDatabase& zones);

/// {"format": "kip.obligation/1", "number", "act", "commitment", "product", "milestone", "state", "reason"?,
///  "due"?: instant, "deadline"?: kip.deadline/1, "target"?: date, "published_at"?, "completed_at"?,
///  "time_left_seconds"?, "late_by_seconds"?, "proven": false,
///  "installed", "seats", "customers": [{"tax_code", "name", "applicability", "reason"?, "detail"?, "state",
///  "installed", "seats", "never_enrolled", "missing": [label], "completed_at"?}]}; the last three only where the
///  milestone is
/// `installed`. Seconds are cut.
json::Value to_json(const ObligationView& view);

}  // namespace kip
