#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip {

/// A moment as the clock on the wall shows it.
struct LocalMoment {
  std::chrono::weekday weekday;
  unsigned day = 1;              ///< of the month
  std::chrono::minutes time{0};  ///< since midnight
};

/// Times of the week. A value; immutable.
class WeeklyTimes {
 public:
  /// "mon-fri 19:00-06:00, sat-sun 00:00-24:00": days, or none for each day, and a time that may go past midnight; the
  /// day is that on which it begins. Empty text is no time at all. Errors: malformed.
  static Result<WeeklyTimes> parse(std::string_view text);

  bool empty() const { return spans_.empty(); }
  bool includes(const LocalMoment& moment) const;

 private:
  struct Span {
    std::array<bool, 7> days = {};  ///< from Sunday on
    std::chrono::minutes begin{0};
    std::chrono::minutes end{0};  ///< up to 24:00; below `begin` where it goes past midnight
  };

  std::vector<Span> spans_;
};

/// Days of the month. A value; immutable.
class MonthDays {
 public:
  /// "18-20, 30". Empty text is no day. Errors: malformed.
  static Result<MonthDays> parse(std::string_view text);

  bool includes(unsigned day) const { return day < days_.size() && days_[day]; }

 private:
  std::array<bool, 32> days_ = {};
};

}  // namespace kip
