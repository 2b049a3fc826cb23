#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/core/instant.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/rule.hpp>

namespace kip {

/// Articles of a law; `law` is a key that explain() turns into a name.
struct LegalSource {
  std::string law;
  std::string articles;  ///< "147.2, 147.3": article and paragraph

  bool operator==(const LegalSource&) const = default;
};

/// Arguments of a step or warning: dates as YYYY-MM-DD; instants as RFC 3339, in UTC or, where people want to see the
/// local time, with its offset; times on a clock as h:mm, h:mm:ss or h:mm:ss.mmm; the rest as codes or names.
using ExplanationArgs = std::map<std::string, std::string, std::less<>>;

/// One step of the way to a deadline, in no language. The codes with their arguments: docs/formats/deadline.md
struct ExplanationStep {
  std::string code;
  ExplanationArgs args;
  std::optional<LegalSource> source;

  bool operator==(const ExplanationStep&) const = default;
};

/// Something a person should check. The codes with their arguments: docs/formats/deadline.md
struct DeadlineWarning {
  std::string code;
  ExplanationArgs args;

  bool operator==(const DeadlineWarning&) const = default;
};

/// What the result rests on, so that anyone can compute it again.
struct DeadlineRecord {
  std::string rule;
  std::string calendar_country;
  std::string calendar_version;
  CalendarProfile profile = CalendarProfile::all_rows;
  std::string timezone;
  std::chrono::seconds utc_offset{};  ///< in force at the end: local time minus UTC
  std::string tzdb_version;
  std::string clock = {};  ///< of a period in hours or minutes; else empty

  bool operator==(const DeadlineRecord&) const = default;
};

struct Deadline {
  bool by_clock = false;   ///< a period in hours or minutes: it ends with an instant, not with a day
  LegalDate raw_last_day;  ///< before any move
  LegalDate last_day;      ///< where by_clock: the local day of the due instant
  Instant due;             ///< exclusive; in days the local midnight with which the last day ends
  std::vector<ExplanationStep> steps;
  std::vector<DeadlineWarning> warnings;
  DeadlineRecord record;

  bool operator==(const Deadline&) const = default;
};

/// In time means strictly before the due instant, everywhere.
inline bool is_in_time(Instant happened, Instant due) {
  return happened < due;
}

}  // namespace kip
