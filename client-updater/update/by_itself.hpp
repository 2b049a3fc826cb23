#pragma once

#include <client-updater/update/schedule.hpp>
#include <client-updater/update/updates.hpp>

namespace kip::updater {

/// What the service does: installs what is available, unless the administrator's schedule or a person here has it wait;
/// then that is reported once. From a release's force-after on it does not wait where the contract allows that; the
/// server is asked for it then. Errors: those of update().
Result<UpdateResult> update_by_itself(Install& install, const Narrator& narrator, const Schedule& schedule,
                                      const LocalMoment& local);

struct DeferResult {
  Deferral deferral;
};

/// Puts the version that is available off; reported. Errors: conflict where none is, and where the contract does not
/// allow it; usage where `until` is past, or later than officers and contract allow.
Result<DeferResult> defer(Install& install, const Narrator& narrator, Instant until, const std::string& reason);

struct UndeferResult {
  bool was_deferred = false;
};

/// Takes a deferral back.
Result<UndeferResult> undefer(Install& install, const Narrator& narrator);

}  // namespace kip::updater
