#pragma once

#include <client-updater/app/commands.hpp>
#include <client-updater/app/updater_settings.hpp>

namespace kip::updater {

// `kip-updater run`, and what people have to say to it.

/// Checks, installs and reports by itself until it is ended; --once: one round. Errors are said and tried again, but in
/// one round; usage, malformed settings and a folder without an install end it. The program starts itself anew after
/// each round.
Result<void> run_service(const Arguments& arguments);
Result<void> run_defer(const Arguments& arguments);

/// What is known after a round.
struct Round {
  using seconds = std::chrono::seconds;
  std::int64_t failures = 0;  ///< rounds in a row that found no vendor
  bool waits = false;         ///< a version waits for its time
  bool is_quiet = false;      ///< the network is left alone for now
  bool has_new_updater = false;
  std::optional<Error> failure = {};
  seconds asked_to_wait{0};  ///< by a server; overrides the rest
};

/// How long to wait for the next round: the interval, sooner where a version waits for a window, later and later where
/// nobody answers; a fifth more or less by `chance`, 0 to 65,535, so that installs do not all ask at once; not before a
/// server allows it. Pure.
std::chrono::seconds until_next_round(const UpdaterSettings& settings, const Round& round, std::uint16_t chance);

}  // namespace kip::updater
