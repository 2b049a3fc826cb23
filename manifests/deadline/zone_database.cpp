#include <array>
#include <cstdio>
#include <exception>

#include <date/tz.h>
#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <manifests/deadline/zone_database.hpp>

namespace kip {
namespace {

/// date/tz as Debian builds it reads this folder and reports the version "unknown".
constexpr const char* kVersionFile = "/usr/share/zoneinfo/tzdata.zi";

std::string read_first_line() {
  struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(kVersionFile, "r"));
  std::array<char, 128> line{};
  if (!file || std::fgets(line.data(), static_cast<int>(line.size()), file.get()) == nullptr) return {};
  return line.data();
}

/// The system's files list the changes of clocks up to 2037; for later years they only state the rule, which date/tz
/// does not read. The same rule has its changes on the same days in an earlier year whose days fall on the same
/// weekdays: as much later a time lies than that year's, in whole weeks. For times up to 2037 nothing.
std::chrono::days beyond_the_files(std::chrono::sys_days date) {
  using namespace std::chrono;
  constexpr year kLast{2037};
  constexpr year kFirstWithLastRule{2027};
  const year_month_day day(date);
  if (day.year() <= kLast) return days(0);
  // Leap days part the year: what lies before them is found from its first day, the rest from 1 March.
  const month_day begin = day.month() < March ? January / 1 : March / 1;
  for (year like = kLast; like >= kFirstWithLastRule; --like) {
    const days apart = sys_days(day.year() / begin) - sys_days(like / begin);
    if (apart % weeks(1) == days(0)) return apart;
  }
  return days(0);
}

class SystemZoneDatabase final : public ZoneDatabase {
 public:
  std::string version() const override { return version_; }

  Result<ZonedInstant> to_utc(std::string_view zone, std::chrono::local_seconds local) const override {
    return asked(zone, [&](const date::time_zone& found) {
      const auto later =
          beyond_the_files(std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(local.time_since_epoch())));
      const auto instant = found.to_sys(date::local_seconds(local.time_since_epoch() - later), date::choose::earliest);
      return ZonedInstant{instant + later, found.get_info(instant).offset};
    });
  }

  Result<ZonedInstant> at(std::string_view zone, Instant instant) const override {
    return asked(zone, [&](const date::time_zone& found) {
      const auto later = beyond_the_files(std::chrono::floor<std::chrono::days>(instant));
      return ZonedInstant{instant, found.get_info(instant - later).offset};
    });
  }

 private:
  template <class Question>
  static Result<ZonedInstant> asked(std::string_view zone, const Question& question) {
    try {
      return question(*date::locate_zone(std::string(zone)));
    } catch (const std::exception& error) {
      return fail(
          ErrorCode::not_found,
          fmt::format("the time zone \"{}\" could not be read from the system's database ({}); install tzdata or "
                      "correct the calendar's time zone",
                      zone.substr(0, 60), error.what()));
    }
  }

  std::string version_ = tzdata_version(read_first_line());
};

}  // namespace

std::unique_ptr<ZoneDatabase> system_zone_database() {
  return std::make_unique<SystemZoneDatabase>();
}

std::string tzdata_version(std::string_view first_line) {
  constexpr std::string_view kStart = "# version ";
  if (!first_line.starts_with(kStart)) return "unknown";
  const std::string_view version = trim(first_line.substr(kStart.size(), first_line.find('\n') - kStart.size()));
  return version.empty() || version.size() > 32 ? "unknown" : std::string(version);
}

}  // namespace kip
