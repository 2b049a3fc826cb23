#pragma once

#include <client-updater/app/commands.hpp>
#include <client-updater/app/output.hpp>
#include <client-updater/app/session.hpp>
#include <signing/terminal/progress_bar.hpp>

namespace kip::updater {

// Inside client-updater/app only: how a command runs on an install and says what came of it.

/// One line on standard output, as it is. That nobody reads it any more is no reason to break an update off.
void print_line(const std::string& line);

/// On standard output: lines, or with --json the value.
void print(const Arguments& arguments, const Output& output);

/// Lines on standard output and a progress bar; neither with --json.
Narrator narrator_for(const Arguments& arguments, const UpdaterSettings& settings, ProgressBar& bar);

/// Leaves only the note that a person reads, where there is one in that language.
void keep_language(std::map<std::string, std::string>& notes, const std::string& language);

/// The end of every command that may have made reports: what it says, and a try to deliver them.
Result<void> finish(const Arguments& arguments, Install& install, Output output);

/// The same where the command itself has failed: that failure is what counts.
Unexpected finish_failed(const Arguments& arguments, Install& install, Error failure);

/// Finishes a change of the install's key that was begun. What goes wrong with that is said, and tried again by the
/// next command.
void settle_key(const Arguments& arguments, Install& install);

/// Opens the install and settles its key. Errors: those of Install::open().
Result<Install> open_install(const Arguments& arguments, Session& session);

/// Opens the install and runs a command on it that may make reports.
template <class Command>
Result<void> with_install(const Arguments& arguments, Command&& command) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, open_install(arguments, *session));
  ProgressBar bar(session->clock());
  const Narrator narrator = narrator_for(arguments, session->settings(), bar);
  auto result = command(install, narrator);
  bar.wipe();
  if (!result) return finish_failed(arguments, install, std::move(result).error());
  return finish(arguments, install, describe(*result));
}

}  // namespace kip::updater
