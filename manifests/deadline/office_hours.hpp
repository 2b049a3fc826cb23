#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip {

/// From 00:00 of the day, by the clock on the wall; 24:00 is the end of the day.
using TimeOfDay = std::chrono::minutes;

/// "08:30", up to "24:00". Errors: malformed.
Result<TimeOfDay> parse_time_of_day(std::string_view text);
std::string format_time_of_day(TimeOfDay time);

/// From `from` up to, and without, `to`.
struct OfficeBlock {
  TimeOfDay from{};
  TimeOfDay to{};

  bool operator==(const OfficeBlock&) const = default;
};

/// "08:00-12:00". Errors: malformed, also for a block that goes past midnight.
Result<OfficeBlock> parse_office_block(std::string_view text);

/// When an office is open on each working day. Immutable.
class OfficeHours {
 public:
  /// In any order. Errors: malformed for no block, more than 24, or blocks that overlap.
  static Result<OfficeHours> create(std::vector<OfficeBlock> blocks);

  /// Ascending, at least one, none overlaps another.
  const std::vector<OfficeBlock>& blocks() const { return blocks_; }
  /// When the last block ends.
  TimeOfDay close_of_business() const { return blocks_.back().to; }
  /// "08:00-12:00, 13:00-17:00"
  std::string text() const;

  bool operator==(const OfficeHours&) const = default;

 private:
  explicit OfficeHours(std::vector<OfficeBlock> blocks) : blocks_(std::move(blocks)) {}

  std::vector<OfficeBlock> blocks_;
};

/// Which time counts where a period is stated in hours or minutes. Format: docs/formats/deadline.md
enum class ClockPolicy {
  elapsed,                              ///< all of it
  skip_statutory_holidays,              ///< all but days that the law itself makes holidays, or days off for them
  skip_non_working_days,                ///< all but days that are not worked
  working_hours,                        ///< only office hours of working days
  intake_then_elapsed,                  ///< all of it, from the first moment at which the office is open
  intake_then_skip_statutory_holidays,  ///< from that moment on, as skip_statutory_holidays
  duty_hours,                           ///< office hours of every day: weekends and holidays have their duty too
};

std::string_view to_string(ClockPolicy clock);
/// "elapsed", "skip-statutory-holidays", "skip-non-working-days", "working-hours", "intake-then-elapsed",
/// "intake-then-skip-statutory-holidays" or "duty-hours".
/// Errors: malformed.
Result<ClockPolicy> parse_clock_policy(std::string_view text);

/// Whether that clock cannot run without office hours.
bool needs_office_hours(ClockPolicy clock);

/// Whether it begins to run when the office takes the request in.
bool begins_with_intake(ClockPolicy clock);

}  // namespace kip
