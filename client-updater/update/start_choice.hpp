#pragma once

#include <client-updater/update/state.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// Which version of the updater is to be started on this machine, in place of the one that was set up here. Each target
/// is one in Layout::of_updater(). Format: docs/formats/self-update.md
struct StartChoice {
  std::optional<Target> chosen = {};   ///< it has passed its local check
  bool proven = false;                 ///< it has come to the end of a command
  int starts = 0;                      ///< how often it was started before it had
  std::optional<Target> before = {};   ///< the last one that was proven before it
  std::optional<Target> refused = {};  ///< the last one that has not passed its check

  bool operator==(const StartChoice&) const = default;
};

Bytes to_bytes(const StartChoice& choice);
/// Errors: malformed.
Result<StartChoice> parse_start_choice(BytesView bytes);

/// Nothing chosen where there is no file or a damaged one: then the version that was set up here goes on, and the next
/// self-update chooses anew. Errors: those of the file system.
Result<StartChoice> read_start_choice(FileSystem& files, const std::filesystem::path& file);
/// Durably.
Result<void> write_start_choice(FileSystem& files, const std::filesystem::path& file, const StartChoice& choice);

/// What to start in place of the running program, if anything: only what is later. One that was started twice and never
/// came to an end is not started again: the one before it is. Pure.
std::optional<Target> to_be_started(const StartChoice& choice, const Version& running);

}  // namespace kip::updater
