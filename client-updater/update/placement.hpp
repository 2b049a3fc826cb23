#pragma once

#include <client-updater/update/install.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// A change of what is in use.
struct Switch {
  Target to;
  std::optional<Target> from;  ///< nothing before the first version
};

/// How a complete and durable version of `Layout::versions()` comes into use, and how that is undone: what differs
/// between the layouts. Each call may be repeated after an interruption at any point. Errors, the same for all: those
/// of the file system; integrity where what is needed is damaged or gone. Not thread-safe.
class Placement {
 public:
  virtual ~Placement() = default;

  /// Whether the change has passed its commit point: from there on switch_over() and go_back() can both be finished.
  virtual Result<bool> is_committed(const Switch& change) = 0;
  /// Makes everything ready that switch_over() and go_back() will need, durably. What programs read is not touched.
  virtual Result<void> prepare(const Switch& change) = 0;
  /// Puts the version in use, durably, after prepare(). Holds the one commit point. Files that the customer has edited
  /// stay.
  virtual Result<void> switch_over(const Switch& change) = 0;
  /// Puts what was in use before there again, as it was, durably. Until settle() only.
  virtual Result<void> go_back(const Switch& change) = 0;
  /// Programs that were kept out while what they read was changed may run from here on.
  virtual Result<void> let_programs_in() { return {}; }
  /// Lets go of what go_back() would need, and of what an interrupted prepare() has left.
  virtual Result<void> settle() = 0;
  /// Puts right what another hand has done to the way in which the version in use is named. False where that version is
  /// gone for good.
  virtual Result<bool> mend(const Target& current, const Narrator& narrator) = 0;
};

/// The one for the layout that the install was enrolled with. What is referred to must outlive it.
std::unique_ptr<Placement> make_placement(FileSystem& files, const Layout& layout, KeptManifests& manifests);

}  // namespace kip::updater
