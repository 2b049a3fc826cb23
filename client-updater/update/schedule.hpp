#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/instant.hpp>
#include <manifests/core/result.hpp>
#include <manifests/core/version.hpp>

namespace kip::updater {

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

/// When the service may install by itself, as the machine's administrator has set it.
struct Schedule {
  WeeklyTimes windows;      ///< none: at any time
  WeeklyTimes quiet_hours;  ///< nothing is asked of the network
  MonthDays filing_days;    ///< nothing is installed
};

/// What a person here has put off.
struct Deferral {
  Version version;
  Instant until;
  std::string reason;

  bool operator==(const Deferral&) const = default;
};

/// Why a version that is available is not installed by itself now.
enum class Waiting { nothing, window, filing_day, deferred };

/// "filing-day".
std::string_view to_string(Waiting waiting);
/// Errors: malformed.
Result<Waiting> parse_waiting(std::string_view text);

/// What keeps a version from being installed by itself now. Pure.
Waiting waits_for(const Schedule& schedule, const LocalMoment& local, const std::optional<Deferral>& deferral,
                  const Version& version, Instant now);

}  // namespace kip::updater
