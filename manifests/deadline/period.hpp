#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// Days end with a day; hours and minutes end with an instant. A working hour is an hour of which only office hours
/// count.
enum class PeriodUnit { day, working_day, week, month, year, hour, working_hour, minute };

std::string_view to_string(PeriodUnit unit);
/// "day", "working-day", "week", "month", "year", "hour", "working-hour" or "minute". Errors: malformed.
Result<PeriodUnit> parse_period_unit(std::string_view text);

/// Whether such a period runs on a clock from an instant; the others run in days from a date.
bool is_clock_unit(PeriodUnit unit);

/// A length of time as a contract or a law states it: 7 days, 3 months, 4 working hours.
class Period {
 public:
  /// At least 1, and not more than ten years: 3660 days or working days, 522 weeks, 120 months, 10 years, 87840 hours
  /// or working hours, 5270400 minutes. Errors: malformed outside these.
  static Result<Period> create(std::int64_t amount, PeriodUnit unit);

  int amount() const { return amount_; }
  PeriodUnit unit() const { return unit_; }
  /// The time on the clock; only for clock units.
  std::chrono::milliseconds clock_time() const;
  bool operator==(const Period&) const = default;

 private:
  Period(int amount, PeriodUnit unit) : amount_(amount), unit_(unit) {}

  int amount_;
  PeriodUnit unit_;
};

/// The event that starts a period.
/// `vendor_aware`: when the vendor learned of the act, which is no later than its registration.
enum class Trigger { act_signed, act_gazetted, act_effective, vendor_aware };

std::string_view to_string(Trigger trigger);
/// "signed", "gazetted", "effective" or "vendor-aware". Errors: malformed.
Result<Trigger> parse_trigger(std::string_view text);

}  // namespace kip
