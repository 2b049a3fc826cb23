#pragma once

#include <client-updater/app/session.hpp>
#include <client-updater/update/self_update.hpp>

namespace kip::updater {

// The updater's care of itself.

/// update_itself() with what this program works with. What `arguments` refers to must not change meanwhile.
Result<SelfUpdateResult> update_itself(const Arguments& arguments, Session& session, Install& install,
                                       const Narrator& narrator, bool again);

Result<void> run_self_update(const Arguments& arguments);
/// What a new version is asked to do before it is chosen: to work on a copy of an install's state.
Result<void> run_self_check(const Arguments& arguments);

}  // namespace kip::updater
