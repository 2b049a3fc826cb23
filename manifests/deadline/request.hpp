#pragma once

#include <optional>
#include <string>
#include <variant>

#include <manifests/codec/reader.hpp>
#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>

namespace kip {

/// A question after one deadline, as the command line and batches put it. Format: docs/formats/deadline.md
struct DeadlineRequest {
  std::string jurisdiction;         ///< country of a calendar
  std::optional<std::string> rule;  ///< none: the usual one of the jurisdiction
  CalendarProfile profile = CalendarProfile::all_rows;
  std::optional<Trigger> trigger = {};
  std::variant<LegalDate, Instant> start;
  Period period;
  std::optional<ClockPolicy> clock = {};
  std::optional<OfficeHours> office = {};
  std::optional<TimeOfDay> close_of_business = {};
};

/// Reads the members of a request from an object of which others may have been read already; finishes the reader with
/// unknown members refused. Errors: malformed.
Result<DeadlineRequest> read_deadline_request(json::ObjectReader& in, const json::Value& value);

/// Errors: those of compute_deadline() and compute_clock_deadline(); not_found for a jurisdiction without calendar or
/// usual rule; malformed where start, clock or office do not go with the period.
Result<Deadline> compute(const DeadlineRequest& request, const CalendarBook& calendars, const ZoneDatabase& zones);

}  // namespace kip
