#pragma once

#include <memory>
#include <vector>

#include <client-updater/update/layout.hpp>
#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// The manifests of the versions of an install, kept so that a version can be checked after its package is gone. Each
/// is read and verified once; the last two stay in memory, since a switch is about two versions. Not thread-safe.
class KeptManifests {
 public:
  /// `files` must outlive it.
  KeptManifests(FileSystem& files, const Layout& layout) : files_(files), layout_(layout) {}

  /// Keeps a copy. Errors: those of the file system.
  Result<void> add(PackageManifest manifest);
  /// Errors: integrity where the copy is not what the identity says; not_found.
  Result<std::shared_ptr<const PackageManifest>> find(const Sha256Digest& identity);

 private:
  struct Remembered {
    Sha256Digest identity;
    std::shared_ptr<const PackageManifest> manifest;
  };

  void remember(const Sha256Digest& identity, std::shared_ptr<const PackageManifest> manifest);

  FileSystem& files_;
  Layout layout_;
  std::vector<Remembered> remembered_;  ///< the latest first
};

}  // namespace kip::updater
