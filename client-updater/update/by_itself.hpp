#pragma once

#include <client-updater/update/schedule.hpp>
#include <client-updater/update/updates.hpp>

namespace kip::updater {

/// What the service does: installs what is available, unless the administrator's schedule or a person here has it wait;
/// then that is reported once. Errors: those of update().
Result<UpdateResult> update_by_itself(Install& install, const Narrator& narrator, const Schedule& schedule,
                                      const LocalMoment& local);

struct DeferResult {
  Deferral deferral;
};

/// Puts the version that is available off; reported. Errors: conflict where none is; usage where `until` is past, or
/// later than the officers allow.
Result<DeferResult> defer(Install& install, const Narrator& narrator, Instant until, const std::string& reason);

struct UndeferResult {
  bool was_deferred = false;
};

/// Takes a deferral back.
Result<UndeferResult> undefer(Install& install, const Narrator& narrator);

}  // namespace kip::updater
