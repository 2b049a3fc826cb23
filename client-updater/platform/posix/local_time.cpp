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

}  // namespace kip::updater
