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

/// Copies of the state of the install, to try a new updater on.
class StateCopies {
 public:
  virtual ~StateCopies() = default;
  virtual Result<void> copy(const std::filesystem::path& file) = 0;
  /// As this version of the updater reads it. Errors: conflict where it cannot.
  virtual Result<State> load(const std::filesystem::path& file) = 0;
};

struct SelfUpdateResult {
  Version running;
  std::optional<Target> chosen = {};   ///< starts from the next command on
  std::optional<Target> offered = {};  ///< later than what runs, and available
  std::string refused = {};            ///< why it is not used
  std::string warning = {};            ///< where officers have revoked what runs or raised the floor above it
  bool published = true;               ///< false where the vendor publishes no updater for this system
};

/// Brings the updater of an install up to date, in a folder of its own; nothing else of the install changes. A new one
/// is verified and unpacked like any release, then tried: it reads a copy of the install's state and brings that to its
/// own form, starts its process for the network, and says its version; and the present one must be able to read what it
/// left. Only then it is chosen, by one rename; the one before is kept. Runs only where the install is idle.
///
/// Errors: conflict where an update of the application is under way or held; those of update(). That a new one does not
/// pass is no error.
Result<SelfUpdateResult> update_itself(Install& install, Install& own, const Narrator& narrator, const Version& running,
                                       StateCopies& copies);

/// To be called where a command of the running program has come to its end: from then on it counts as proven.
Result<void> prove_start(FileSystem& files, const Layout& own, const Version& running);

}  // namespace kip::updater
