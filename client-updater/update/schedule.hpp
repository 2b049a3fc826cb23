#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/instant.hpp>
#include <manifests/core/result.hpp>
#include <manifests/core/version.hpp>
#include <manifests/rollout/local_times.hpp>

namespace kip::updater {

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
enum class Waiting { nothing, window, filing_day, deferred, vendors_window };

/// "filing-day".
std::string_view to_string(Waiting waiting);
/// Errors: malformed.
Result<Waiting> parse_waiting(std::string_view text);

/// What keeps a version from being installed by itself now. Pure.
Waiting waits_for(const Schedule& schedule, const LocalMoment& local, const std::optional<Deferral>& deferral,
                  const Version& version, Instant now);

}  // namespace kip::updater
