#pragma once

#include <optional>
#include <string>

#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/office_hours.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {

struct ClockQuery {
  std::string rule;
  const Calendar& calendar;
  CalendarProfile profile = CalendarProfile::all_rows;
  Instant at;  ///< when the event happened or the request came
  Period period;
  ClockPolicy clock = ClockPolicy::elapsed;
  std::optional<OfficeHours> office = {};
};

/// The deadline for something that must happen within hours or minutes. Time that counts is real time: an hour has 60
/// minutes also where clocks change. The due instant is the first at which all of the period has been counted, so that
/// a period that is used up when the office closes is due then, not at the next opening. Errors: not_found for an
/// unknown rule or time zone; malformed for an instant after 2999, a period in days (engine.hpp), a period in working
/// hours by a clock without them, a clock without the office hours that it needs, or where the period is not used up
/// within a hundred years. Source: manifests/rules for when hours start; the contract for the clock.
Result<Deadline> compute_clock_deadline(const ClockQuery& query, const ZoneDatabase& zones);

/// A request that an office takes in.
struct IntakeQuery {
  std::string rule;
  const Calendar& calendar;
  CalendarProfile profile = CalendarProfile::all_rows;
  Instant at;  ///< when the request came
  OfficeHours office;
};

/// The deadline for something that must happen on the working day on which the request is taken in: when the office
/// closes on that day. Errors: as above.
Result<Deadline> compute_same_day_deadline(const IntakeQuery& query, const ZoneDatabase& zones);

/// The first moment from then on at which the office is open. Errors: as above.
Result<Instant> intake_of(const IntakeQuery& query, const ZoneDatabase& zones);

}  // namespace kip
