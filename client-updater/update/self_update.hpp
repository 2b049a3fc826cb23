#pragma once

#include <client-updater/update/narrator.hpp>
#include <client-updater/update/start_choice.hpp>
#include <client-updater/update/updates.hpp>

namespace kip::updater {

/// The updater's own versions are a product of the vendor like any other, one per system: officers sign its releases,
/// its floor and its revocations.
std::string_view updater_product();

/// The program in a version of it.
std::filesystem::path updater_program(const Layout& own, const Target& target);

/// What a new version of the updater is tried with.
class TrialGround {
 public:
  virtual ~TrialGround() = default;
  /// Writes a copy of the install's state.
  virtual Result<void> copy_state(const std::filesystem::path& file) = 0;
  /// The state in that file as this version of the updater reads it after it has written it once. Errors: conflict
  /// where it cannot.
  virtual Result<State> reread_state(const std::filesystem::path& file) = 0;
  /// Whether the program could be started in place of this one. Errors: denied, not_found.
  virtual Result<void> expect_startable(const std::filesystem::path& program) = 0;
  /// The options that the install is worked with, for the command line.
  virtual std::vector<std::string> options() const = 0;
};

struct SelfUpdateResult {
  Version running;
  std::optional<Target> chosen = {};  ///< starts from the next command on
  std::string refused = {};           ///< why it is not used
  std::string warning = {};           ///< where officers have revoked what runs or raised the floor above it
  bool published = true;              ///< false where the vendor publishes no updater for this system
};

/// Brings the updater of an install up to date, in a folder of its own; nothing else of the install changes. A new one
/// is verified and unpacked like any release, then tried: it reads a copy of the install's state and brings that to its
/// own form, starts its process for the network, and says its version; and the present one must be able to use what it
/// left. Only then it is chosen, by one rename; the one before is kept. Runs only where the install is idle. `again`:
/// also one that did not pass before, or that was started twice and never came to an end.
///
/// Errors: conflict where an update of the application is under way or held; those of update(); disk_full, storage,
/// busy where the machine kept the new one from passing. That one does not pass is no error.
Result<SelfUpdateResult> update_itself(Install& install, Install& own, const Narrator& narrator, const Version& running,
                                       TrialGround& ground, bool again);

/// To be called where a command of the running program has come to its end: from then on it counts as proven.
Result<void> prove_start(FileSystem& files, const Layout& own, const Version& running);

}  // namespace kip::updater
