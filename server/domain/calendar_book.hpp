#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/deadline/calendar.hpp>

namespace kip::server {

/// The calendars that this server counts by, one per country. Immutable, thread-safe.
class CalendarBook {
 public:
  /// From `kip.calendar/1` texts, each with the name that messages give it. Errors: malformed; conflict where two are
  /// of one country.
  static Result<CalendarBook> create(const std::vector<std::pair<std::string, Bytes>>& texts);

  /// Errors: not_found, saying which there are.
  Result<const Calendar*> find(std::string_view country) const;

 private:
  std::map<std::string, Calendar, std::less<>> calendars_;
};

}  // namespace kip::server
