#pragma once

#include <client-updater/update/schedule.hpp>

namespace kip::updater {

/// By the machine's own time zone.
LocalMoment local_moment(Instant instant);

}  // namespace kip::updater
