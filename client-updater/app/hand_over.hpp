#pragma once

#include <client-updater/app/commands.hpp>
#include <client-updater/update/layout.hpp>
#include <client-updater/update/start_choice.hpp>

namespace kip::updater {

/// Starts the version of the updater that is to run here in place of this program, with the same words, and then does
/// not return. Returns where this program is to go on. `is_alone`: the caller has the install's lock, which ends with
/// this program; only then a version is started that was not proven. That one cannot be started is said on standard
/// error; after the second time the one before it is taken. Errors: those of the file system.
Result<void> hand_over(FileSystem& files, const Arguments& arguments, const Layout& install, bool is_alone);

}  // namespace kip::updater
