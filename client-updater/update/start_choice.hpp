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
/// self-update chooses anew. Errors: those of the file system, but for what is no file or too large.
Result<StartChoice> read_start_choice(FileSystem& files, const std::filesystem::path& file);
/// Durably.
Result<void> write_start_choice(FileSystem& files, const std::filesystem::path& file, const StartChoice& choice);

/// What to start in place of the running program, if anything: only what is later. One that was started twice and never
/// came to an end is not started again: the one before it is. `is_alone`: only then one that is not proven is started,
/// since nobody else may count its starts meanwhile. Pure.
std::optional<Target> to_be_started(const StartChoice& choice, const Version& running, bool is_alone);

/// Whether the chosen one was started twice and never came to an end.
bool has_failed(const StartChoice& choice);

/// The one that is known to work here, if any.
std::optional<Target> proven_version(const StartChoice& choice);

/// Without what officers do not allow any more, where something that they do is left. Pure.
StartChoice allowed_choice(StartChoice choice, const ProductPolicy& policy);

}  // namespace kip::updater
