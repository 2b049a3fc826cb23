#include <ctime>

#include <client-updater/platform/posix/local_time.hpp>

namespace kip::updater {

LocalMoment local_moment(Instant instant) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  std::tm local = {};
  ::localtime_r(&seconds, &local);
  return {std::chrono::weekday(static_cast<unsigned>(local.tm_wday)), static_cast<unsigned>(local.tm_mday),
          std::chrono::minutes(local.tm_hour * 60 + local.tm_min)};
}

Instant start_of_local_day(LegalDate day) {
  const std::chrono::year_month_day date(day);
  constexpr int kFirstYear = 1900;
  std::tm local = {};
  local.tm_year = static_cast<int>(date.year()) - kFirstYear;
  local.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  local.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  local.tm_isdst = -1;
  return Instant(std::chrono::seconds(std::mktime(&local)));
}

}  // namespace kip::updater
