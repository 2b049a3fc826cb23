#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// A point in time, UTC, to the millisecond.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// A legal date: a calendar day without a zone.
using LegalDate = std::chrono::sys_days;

/// RFC 3339 with zone `Z`; milliseconds only where they are not zero: 2025-11-03T17:00:00Z.
std::string format_instant(Instant instant);

/// RFC 3339 with any offset; years 1970 to 9999 in UTC. Errors: malformed, also where the zone is missing.
Result<Instant> parse_instant(std::string_view text);

/// 2025-10-27
std::string format_date(LegalDate date);

/// YYYY-MM-DD, a day that exists. Errors: malformed.
Result<LegalDate> parse_date(std::string_view text);

/// YYYY-MM-DD or dd/mm/yyyy, as people in Vietnam write it. Errors: malformed.
Result<LegalDate> parse_human_date(std::string_view text);

/// Gives the present. Only programs' outermost layer makes one; all else gets it passed in. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

}  // namespace kip
