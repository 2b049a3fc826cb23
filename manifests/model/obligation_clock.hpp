#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/zone_database.hpp>
#include <manifests/model/act_history.hpp>
#include <manifests/model/commitment.hpp>

namespace kip {

/// Why a clock runs from the day from which it runs.
enum class ClockCause {
  stated,     ///< the earliest day that anyone has stated; nobody has confirmed one
  confirmed,  ///< by a second person
  corrected,  ///< another day was confirmed later
  restarted,  ///< the act was corrected, suspended or resumed, and people decided that the clock starts anew
  aware,      ///< the vendor learned of the act; the server's own record
};

/// "stated", "confirmed", "corrected", "restarted", "aware"
std::string_view to_string(ClockCause cause);

/// One clock of an obligation. What took its place does not remove it.
struct ObligationClock {
  ClockCause cause = ClockCause::stated;
  LegalDate start;
  std::string reason = {};  ///< of a correction or decision
  std::string by = {};      ///< who confirmed it last; empty where nobody has
  std::optional<Instant> decided_at = {};
  std::optional<LegalDate> stopped_on = {};  ///< what is due after this day is not asked for any more
  std::optional<ActTurn> stopped_by = {};
  std::optional<Deadline> due = {};
  /// By the calendar as it was shipped, where what the vendor added to it has moved the limit.
  std::optional<Deadline> due_before_amendments = {};

  bool operator==(const ObligationClock&) const = default;
};

/// The clocks that an act has started, in the order of the decisions; the last one is in force. None where the act
/// lacks the date. Without due instants. Pure.
std::vector<ObligationClock> clocks_of(const Act& act, const ActHistory& history, Trigger trigger);

/// The days on which the obligation arose, ascending: customers are entitled on one of them or not at all. That of the
/// clock in force, and where that one started anew those of the clocks before it; else the day of signing.
std::vector<LegalDate> days_of_rise(const Act& act, const ActHistory& history, Trigger trigger);

/// When the period that began with this clock is over. Errors: those of compute_deadline() and
/// compute_clock_deadline().
Result<Deadline> due_of(const ObligationClock& clock, const Commitment& commitment, const ActHistory& history,
                        const Calendar& calendar, const ZoneDatabase& zones);

}  // namespace kip
