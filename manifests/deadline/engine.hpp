#pragma once

#include <optional>
#include <string>

#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/office_hours.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {

struct DeadlineQuery {
  std::string rule;
  const Calendar& calendar;
  CalendarProfile profile = CalendarProfile::all_rows;
  std::optional<Trigger> trigger = Trigger::act_signed;  ///< what happened then; only the explanation says it
  LegalDate trigger_date;
  bool starts_anew = false;  ///< people have decided that the clock does on that day; only the explanation says it
  Period period;
  std::optional<TimeOfDay> close_of_business = {};  ///< ends the last day, where the rule lets it
};

/// The deadline for something that must happen within a period of days, weeks, months or years after an event. Pure but
/// for the zone database; the same query and database give the same result.
/// Errors: not_found for an unknown rule or time zone; malformed for a trigger date outside 1970 to 2999, a period in
/// hours or minutes (clock.hpp), a close of business by a rule that has none, or where the calendar has no working day
/// within a year.
/// Source: manifests/rules, each with its law.
Result<Deadline> compute_deadline(const DeadlineQuery& query, const ZoneDatabase& zones);

/// Local midnight with which `day` begins in the calendar's zone. Errors: not_found.
Result<ZonedInstant> start_of_day(LegalDate day, const Calendar& calendar, const ZoneDatabase& zones);

}  // namespace kip
