#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/reader.hpp>
#include <manifests/deadline/calendar.hpp>

namespace kip {

/// A proposed day that an administrator found decided, one way or the other.
struct CalendarDecision {
  LegalDate date;
  bool confirmed = false;
  std::string source;  ///< where the decision stands
};

/// What an administrator knows beyond a calendar. Format: docs/formats/calendar.md, "kip.calendar-amendment/1".
struct CalendarAmendment {
  std::string country;
  std::string version;  ///< is appended to that of the calendar, after a "+"
  std::vector<CalendarDecision> decisions;
  std::vector<CalendarRow> days;              ///< added, or put in the place of the calendar's row; each with a source
  std::optional<LegalDate> complete_to = {};  ///< the rows are now complete up to that day
};

/// Errors: malformed, too_large; the message names the member or the date.
Result<CalendarAmendment> parse_calendar_amendment(BytesView text);

/// Whether a text says that it is an amendment; anything else is left to parse_calendar().
bool is_calendar_amendment(BytesView text);

/// One row of a calendar. With source_required a row without "source" is malformed.
Result<CalendarRow> read_calendar_row(const json::Value& value, json::ObjectReader::Unknown unknown,
                                      bool source_required);

}  // namespace kip
