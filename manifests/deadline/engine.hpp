#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/rule.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {

/// Articles of a law; `law` is a key that explain() turns into a name.
struct LegalSource {
  std::string law;
  std::string articles;  ///< "147.2, 147.3": article and paragraph

  bool operator==(const LegalSource&) const = default;
};

/// Arguments of a step or warning: dates as YYYY-MM-DD, instants as RFC 3339, the rest as codes or names.
using ExplanationArgs = std::map<std::string, std::string, std::less<>>;

/// One step of the way to a deadline, in no language. Codes and their arguments:
///   event-day-excluded {event, date}
///   nth-day, corresponding-day, month-end {amount, unit, day, date}: `day` is that of the event's date; month-end
///       where the last month has no such day
///   weekend-day {date, next}; public-holiday {date, next, name}
///   working-day {date}; exchanged-working-day {date, name}
///   not-moved {date}
///   ends {zone, offset, instant}
struct ExplanationStep {
  std::string code;
  ExplanationArgs args;
  std::optional<LegalSource> source;

  bool operator==(const ExplanationStep&) const = default;
};

/// Something a person should check. Codes: outside-coverage {date, calendar, from, to}, unconfirmed-day {date, name,
/// calendar}, zone-version-unknown {}.
struct DeadlineWarning {
  std::string code;
  ExplanationArgs args;

  bool operator==(const DeadlineWarning&) const = default;
};

/// What the result rests on, so that anyone can compute it again.
struct DeadlineRecord {
  std::string rule;
  std::string calendar_country;
  std::string calendar_version;
  CalendarProfile profile = CalendarProfile::all_rows;
  std::string timezone;
  std::chrono::seconds utc_offset{};  ///< in force at the end: local time minus UTC
  std::string tzdb_version;

  bool operator==(const DeadlineRecord&) const = default;
};

struct Deadline {
  LegalDate raw_last_day;  ///< before any move
  LegalDate last_day;
  Instant due;  ///< exclusive: the local midnight with which the last day ends
  std::vector<ExplanationStep> steps;
  std::vector<DeadlineWarning> warnings;
  DeadlineRecord record;

  bool operator==(const Deadline&) const = default;
};

/// In time means strictly before the due instant, everywhere.
inline bool is_in_time(Instant happened, Instant due) {
  return happened < due;
}

struct DeadlineQuery {
  std::string rule;
  const Calendar& calendar;
  CalendarProfile profile = CalendarProfile::all_rows;
  Trigger trigger = Trigger::act_signed;  ///< what happened on trigger_date; only the explanation says it
  LegalDate trigger_date;
  Period period;
};

/// The deadline for something that must happen within a period after an event. Pure but for the zone database; the same
/// query and database give the same result.
/// Errors: not_found for an unknown rule or time zone; malformed for a trigger date outside 1970 to 2999, or where the
/// calendar has no working day within a year after the last day.
/// Source: Civil Code 2015 (VN) arts 144 to 148 for the rule VN-CIVIL-2015.
Result<Deadline> compute_deadline(const DeadlineQuery& query, const ZoneDatabase& zones);

/// Local midnight with which `day` begins in the calendar's zone. Errors: not_found.
Result<ZonedInstant> start_of_day(LegalDate day, const Calendar& calendar, const ZoneDatabase& zones);

}  // namespace kip
