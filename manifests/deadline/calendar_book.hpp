#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/deadline.hpp>

namespace kip {

/// The calendars to count by, one per country. Immutable, thread-safe.
class CalendarBook {
 public:
  /// From calendars and amendments of calendars, each text with the name that messages give it. Amendments are applied
  /// in the order in which they stand. Errors: malformed; conflict where two calendars are of one country; not_found
  /// for an amendment of a calendar that is not there.
  static Result<CalendarBook> create(const std::vector<std::pair<std::string, Bytes>>& texts);

  /// The calendars that are built in.
  static CalendarBook built_in();

  /// The calendars and amendments of the texts, and for other countries those of `base`. An amendment of a country of
  /// which the texts have no calendar amends that of `base`. Errors: as create().
  static Result<CalendarBook> over(const CalendarBook& base, const std::vector<std::pair<std::string, Bytes>>& texts);

  /// Errors: not_found, saying which there are.
  Result<const Calendar*> find(std::string_view country) const;
  /// Ascending by country.
  std::vector<const Calendar*> all() const;

 private:
  std::map<std::string, Calendar, std::less<>> calendars_;
};

/// From 90 days before the end of its coverage, the warning that a calendar has to be brought up to date.
std::optional<DeadlineWarning> coverage_warning(const Calendar& calendar, LegalDate today);

/// "NAME.json" and text of the calendars that are built in: manifests/samples/calendars.
std::vector<std::pair<std::string_view, std::string_view>> built_in_calendars();

}  // namespace kip
