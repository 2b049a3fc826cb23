#pragma once

#include <client-updater/app/commands.hpp>
#include <client-updater/update/layout.hpp>
#include <client-updater/update/start_choice.hpp>

namespace kip::updater {

/// Starts the version of the updater that is to run here in place of this program, with the same words, and then does
/// not return. Returns where this program is to go on. `is_alone`: the caller has the install's lock, which ends with
/// this program; only then a version is started that was not proven. That one cannot be started is said on standard
/// error; after the second time the one before it is taken.
void hand_over(FileSystem& files, const Arguments& arguments, const Layout& install, bool is_alone);

/// To be called where a command of this program has come to its end, whatever came of it: it counts as proven from then
/// on. That this cannot be written down is said on standard error.
void note_end(const Arguments& arguments);

/// Starts the program that was set up on this machine in place of this one, with the same words and those variables: it
/// hands over to what is to run now. Returns where that could not be done.
void start_anew(const Arguments& arguments, const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace kip::updater
