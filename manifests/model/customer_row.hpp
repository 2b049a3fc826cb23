#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/obligation_state.hpp>

namespace kip {

/// One computer of a customer. A retired one that has no release serving the act is no concern of it.
struct InstallFact {
  InstallId id;
  std::string label;
  std::optional<Instant> installed_at = {};  ///< all that serves the act, as the server received it
  bool retired = false;
  std::optional<Instant> deferred_at = {};  ///< its person first put off a release that serves the act, signed by it
  std::optional<Instant> heard_at = {};     ///< its last report
};

struct CustomerFacts {
  Customer customer;
  std::vector<InstallFact> installs;
};

enum class Applicability {
  applicable,
  not_applicable,     ///< the act or the promise is no concern of the customer
  unknown_attribute,  ///< judged as if applicable, since unknown is never counted as compliant
  not_entitled,
};

std::string_view to_string(Applicability applicability);
/// Errors: malformed.
Result<Applicability> parse_applicability(std::string_view text);

/// One customer under one obligation, without regard to time.
struct CustomerRow {
  TaxCode tax_code;
  std::string name = {};
  std::string phone = {};
  Applicability applicability = Applicability::applicable;
  /// Code; empty where applicable, but for delayed-by-customer: it was late, and had been put off. not_applicable:
  /// regime-not-concerned, vat-method-not-concerned, trade-not-concerned (detail: what the customer has), not-promised;
  /// unknown_attribute: regime-unknown, vat-method-unknown, trade-unknown; not_entitled: contract-ended or
  /// contract-not-begun (detail: the first day without or with entitlement), before-obligations (detail: from when on
  /// acts count).
  std::string reason = {};
  std::string detail = {};
  int seats = 0;
  int installed = 0;                              ///< computers that have it, at most `seats`
  int never_enrolled = 0;                         ///< seats without an enrolled computer
  std::vector<std::string> missing = {};          ///< labels of active installs without it
  std::vector<std::string> retired = {};          ///< labels of those that have it and are retired since
  std::vector<std::string> retired_without = {};  ///< where a seat has no computer: labels of those retired without it
  std::optional<Instant> completed_at = {};       ///< when the last promised seat had it
  /// Since when nothing but what its person had put off was missing; none where something else was to the end.
  std::optional<Instant> deferred_at = {};
  std::optional<Instant> silent_since = {};  ///< the longest silence of an install that lacks it

  bool never_heard = false;                          ///< an install that lacks it has never reported
  ObligationState state = ObligationState::running;  ///< at the time of judging

  bool counts() const {
    return applicability == Applicability::applicable || applicability == Applicability::unknown_attribute;
  }
};

/// `rises`: the days on which the obligation arose, ascending, at least one.
CustomerRow make_row(const Act& act, const Commitment& commitment, const CustomerFacts& facts,
                     const std::vector<LegalDate>& rises);

/// All rows of an obligation in numbers.
struct Tally {
  std::int64_t counted = 0;   ///< customers that are applicable or unknown
  std::int64_t complete = 0;  ///< of them
  std::int64_t late = 0;      ///< of the complete ones, those that were not in time
  std::int64_t delayed =
      0;  ///< of those not in time, complete or not: what the limit passed had all been put off before it
  std::int64_t unknown = 0;  ///< of the counted ones
  std::int64_t not_applicable = 0;
  std::int64_t not_entitled = 0;
  std::int64_t installed = 0;  ///< computers of counted customers
  std::int64_t seats = 0;
  std::int64_t never_enrolled = 0;
  std::optional<Instant> last_completed = {};

  bool operator==(const Tally&) const = default;
};

/// `due` decides what is late and delayed; without one nothing is.
Tally tally_of(const std::vector<CustomerRow>& rows, const std::optional<Instant>& due);

}  // namespace kip
