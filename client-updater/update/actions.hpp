#pragma once

#include <client-updater/update/machine.hpp>
#include <client-updater/update/narrator.hpp>
#include <client-updater/update/repository.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// A release to be installed, and until when the metadata that named it holds.
struct Wanted {
  ListedRelease listed;
  Instant valid_until;
};

/// Performs what a step asks for, on disk and network. Each may be repeated: what is there already is checked and used.
/// Not thread-safe; the install must outlive it.
class Actions {
 public:
  Actions(Install& install, const Narrator& narrator) : install_(install), narrator_(narrator) {}

  /// The release of an attempt to install; none for a rollback.
  void want(Wanted wanted) { wanted_ = std::move(wanted); }
  Result<Happened> perform(Do what, const Target& target);
  /// True also where it cannot be found out.
  bool pointer_at(const Target& target) const;

 private:
  Result<Happened> admit(const Target& target);
  Result<Happened> fetch_package();
  Result<Happened> stage(const Target& target);
  Result<Happened> verify_kept(const Target& target);
  Result<Happened> ask_again(const Target& target);
  Result<Happened> point(const Target& target);
  Result<Happened> check_health(const Target& target);
  Result<void> expect_package_of(const Target& target, const PackageManifest& manifest) const;
  Result<void> expect_room(const PackageManifest& manifest) const;

  FileSystem& files() const { return install_.ports().files; }
  const Layout& layout() const { return install_.layout(); }

  Install& install_;
  const Narrator& narrator_;
  std::optional<Wanted> wanted_;
};

}  // namespace kip::updater
