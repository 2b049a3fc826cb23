#pragma once

#include <client-updater/update/schedule.hpp>

namespace kip::updater {

/// By the machine's own time zone.
LocalMoment local_moment(Instant instant);
/// Midnight, or the first moment after it where clocks skip that.
Instant start_of_local_day(LegalDate day);

}  // namespace kip::updater
