#pragma once

#include <string>
#include <string_view>

#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {

constexpr int kFirstDeadlineYear = 1970;
constexpr int kLastDeadlineYear = 2999;

/// Errors: malformed where the date lies outside the years for which deadlines are computed.
Result<void> check_deadline_date(LegalDate date);

/// Collects explanation and warnings while a deadline is computed.
class Trail {
 public:
  Trail(const Rule& rule, Deadline& deadline) : rule_(rule), deadline_(deadline) {}

  void step(std::string_view code, std::string_view articles, ExplanationArgs args);
  /// Each code is said once: the first day is enough for a person to look.
  void warn(std::string_view code, ExplanationArgs args);

 private:
  const Rule& rule_;
  Deadline& deadline_;
};

/// What days are to a rule, by the calendar. Asking after a day adds the warnings that belong to it.
class DayJudge {
 public:
  DayJudge(const Rule& rule, const Calendar& calendar, CalendarProfile profile, Trail& trail)
      : rule_(rule), calendar_(calendar), profile_(profile), trail_(trail) {}

  DayStatus status(LegalDate date);
  /// Whether the law itself makes it a holiday, or a day off for one; exchanged days are none.
  bool is_statutory_holiday(LegalDate date);
  /// The same as status(), without warnings.
  DayStatus quiet_status(LegalDate date) const;

 private:
  void warn_about(LegalDate date);

  const Rule& rule_;
  const Calendar& calendar_;
  CalendarProfile profile_;
  Trail& trail_;
};

/// "+07:00"
std::string format_offset(std::chrono::seconds offset);

/// The record of a result, and the warning where the zone database does not know its version.
void record(Deadline& deadline, Trail& trail, const Rule& rule, const Calendar& calendar, CalendarProfile profile,
            std::chrono::seconds utc_offset, std::string tzdb_version);

}  // namespace kip
