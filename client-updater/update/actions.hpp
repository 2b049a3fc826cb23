#pragma once

#include <client-updater/update/hooks.hpp>
#include <client-updater/update/machine.hpp>
#include <client-updater/update/narrator.hpp>
#include <client-updater/update/placement.hpp>
#include <client-updater/update/supply.hpp>

namespace kip::updater {

/// A release to be installed, and until when the metadata that named it holds.
struct Wanted {
  ListedRelease listed;
  Instant valid_until;
  bool by_record = false;  ///< an install had it that this one replaces: the rollout has no say in it
};

/// Performs what a step asks for, on disk and network. Each may be repeated: what is there already is checked and used.
/// Not thread-safe; the install must outlive it.
class Actions {
 public:
  Actions(Install& install, const Narrator& narrator, Placement& placement)
      : install_(install),
        narrator_(narrator),
        placement_(placement),
        hooks_(install, narrator),
        supply_(install, narrator) {}

  /// The release of an attempt to install; none for a rollback.
  void want(Wanted wanted) {
    supply_.want(wanted.listed);
    wanted_ = std::move(wanted);
  }
  /// What came over the network for it; nothing before that.
  const std::optional<Fetched>& fetched() const { return supply_.fetched(); }
  /// As the last check found them: the customer's files that stayed, with the vendor's new ones beside them.
  const std::vector<std::string>& kept_edited() const { return kept_edited_; }
  Result<Event> perform(Do what, const Attempt& attempt);

 private:
  Result<Event> admit(const Target& target);
  Result<Event> fetch();
  Result<Event> stage(const Target& target);
  Result<Event> verify_kept(const Target& target);
  Result<Event> ask_again(const Target& target);
  Result<bool> is_wanted(const Target& target, const Listing& listing);
  Result<Event> switch_over(const Switch& change);
  Result<Event> check_health(const Switch& change);
  Result<void> expect_package_of(const Target& target, const PackageManifest& manifest) const;
  Result<void> expect_room_for(const PackageManifest& manifest) const;

  FileSystem& files() const { return install_.ports().files; }
  const Layout& layout() const { return install_.layout(); }

  Install& install_;
  const Narrator& narrator_;
  Placement& placement_;
  Hooks hooks_;
  Supply supply_;
  std::optional<Wanted> wanted_;
  std::vector<std::string> kept_edited_;
};

}  // namespace kip::updater
