#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/model/act_history.hpp>
#include <manifests/model/circumstances.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/customer_row.hpp>
#include <manifests/model/obligation_clock.hpp>
#include <manifests/model/obligation_state.hpp>

namespace kip {

/// A release that serves the act, or a part of it, became public.
struct Publication {
  ProductId product;
  Instant at;
  std::string part = {};  ///< empty: all of it
};

/// All that is known when the obligation is judged.
struct ObligationFacts {
  std::int64_t number = 0;  ///< of the obligation, without gaps per tenant
  const Act& act;
  const ActHistory& history;
  const Commitment& commitment;
  const Circumstances& circumstances;
  std::vector<Publication> publications = {};
  /// Customers of the product; those of others are passed over. Only where the milestone is `installed`.
  std::vector<CustomerFacts> customers = {};
  Instant now;
};

/// A part of the act, and what is known of it.
struct PartView {
  std::string name;  ///< empty: the act has no parts
  std::optional<Instant> published_at = {};
  std::optional<UpstreamBlock> blocked = {};
};

/// Customers that count and are not complete, each by what stands most in the way.
struct Forecast {
  std::int64_t never_enrolled = 0;  ///< a seat has no computer yet
  std::int64_t silent = 0;          ///< a computer that lacks it has not been heard of for three days, or never
  std::int64_t deferring = 0;       ///< all that is missing was put off
  std::int64_t on_the_way = 0;      ///< the rest

  std::int64_t all() const { return never_enrolled + silent + deferring + on_the_way; }
  bool operator==(const Forecast&) const = default;
};

/// Pure.
Forecast forecast_of(const std::vector<CustomerRow>& rows, Instant now);

/// The judged obligation, by the server's own times: `proven` is always false here, evidence comes from elsewhere.
struct ObligationView {
  std::int64_t number = 0;
  ActKey act;
  CommitmentId commitment;
  ProductId product;
  Milestone milestone = Milestone::published;
  std::vector<ObligationClock> clocks = {};  ///< the last is in force; the others stay visible
  std::optional<Deadline> due = {};          ///< of the clock in force; none: no period, or the act lacks the date
  bool confirmed = false;                    ///< the date from which it runs, or that is the target
  std::vector<LegalDate> disputed = {};      ///< all days that are stated, where they are more than one and undecided
  std::optional<LegalDate> target = {};      ///< the effective date, where the commitment has no period
  std::vector<PartView> parts = {};
  std::optional<Instant> published_at = {};  ///< all parts
  std::optional<Instant> completed_at = {};  ///< when the milestone was reached
  ObligationState state = ObligationState::running;
  /// Code; empty where there is none. date-unconfirmed, date-disputed, trigger-date-missing, product-not-concerned,
  /// no-customers, act-suspended, act-withdrawn; met late although: waived, blocked-upstream, delayed-by-customer.
  std::string reason = {};
  std::optional<std::chrono::milliseconds> time_left = {};  ///< not reached, the limit still to come
  std::optional<std::chrono::milliseconds> late_by = {};    ///< reached late, or not yet reached
  std::optional<Waiver> waiver = {};                        ///< in force
  Tally tally = {};                                         ///< where the milestone is `installed`
  std::vector<CustomerRow> customers = {};                  ///< likewise; none where only a tally was given
  Forecast forecast = {};                                   ///< of them
  bool proven = false;
};

/// Judges one obligation with every customer. Pure: the same facts, calendar and zone database give the same view.
/// - Nothing is judged before a second person has confirmed the date from which the clock runs.
/// - published: by the first publication that completes all parts. installed: each customer by the instant at which as
///   many of its computers as it has seats had it; all by the latest of these.
/// - Rows that are not applicable or not entitled (on the day on which the obligation arose) do not count. Where no row
///   counts, the whole is not_entitled if any row is, else not_applicable.
/// - In time is strictly before the due instant.
/// Errors: those of compute_deadline(); usage where the calendar is not that of the commitment.
Result<ObligationView> judge(const ObligationFacts& facts, const Calendar& calendar, const ZoneDatabase& zones);

/// Counts an obligation's customers; what is late or delayed by the limit, where there is one.
using Tallier = std::function<Result<Tally>(const std::optional<Instant>& due)>;

/// The same from numbers in the place of customers, which are only asked for where the milestone is `installed`. It
/// says the same as judge() where they are those of the rows. Errors: those of judge() and of the counting.
Result<ObligationView> judge_tallied(const ObligationFacts& facts, const Tallier& tally, const Calendar& calendar,
                                     const ZoneDatabase& zones);

/// Format: docs/formats/obligation.md, "kip.obligation/1.1". Seconds are cut.
json::Value to_json(const ObligationView& view);

}  // namespace kip
