#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {

/// Longest line of a batch, without its end.
inline constexpr std::size_t kMaxBatchLine = 16'384;

/// The answer to one line of a batch of deadlines, without line end: a result, or an error with the line's number.
/// Never fails: the run goes on after a bad line. Format: docs/formats/deadline.md
std::string answer_batch_line(std::string_view line, std::uint64_t number, const CalendarBook& calendars,
                              const ZoneDatabase& zones);

}  // namespace kip
