#pragma once

#include <filesystem>

#include <client-updater/update/audit.hpp>
#include <client-updater/update/updates.hpp>
#include <manifests/model/bundle.hpp>

namespace kip::updater {

struct BundleOrder {
  std::filesystem::path file;
  bool again = false;  ///< also a version that a person here has gone back from
};

struct BundleResult {
  UpdateResult update;
  OfflineStatement statement;  ///< verified
};

/// Brings the release of an offline bundle into use, without a network: whatever `ports.http` is, it is not asked. The
/// bundle is first verified without a trace: by TUF as online, from what this install knows; by the statement of one of
/// the product's officers; by the clock. Then all goes as in update(), which also resumes what was interrupted. A
/// bundle was handed to this install, so that it need not be among the first percents of the rollout.
///
/// Errors: conflict where the bundle is for another vendor or product, and where this machine's clock cannot be right;
/// expired where the bundle is too old; rollback where this install knows of a later state; signature, integrity,
/// malformed; those of update(). Format: docs/formats/bundle.md
Result<BundleResult> apply_bundle(const Ports& ports, const Layout& layout, const Narrator& narrator,
                                  const BundleOrder& order);

/// audit() that repairs, where what is kept here does not help, by the package in a bundle of the version in use: no
/// network is asked. Errors: those of audit(), and of apply_bundle() about the bundle.
Result<AuditResult> repair_by_bundle(Install& install, const Narrator& narrator, const std::filesystem::path& file);

/// What a bundle says of itself, after its files were compared with its list of them. Nothing of it is verified.
struct BundleClaims {
  BundleIndex index;
  OfflineStatement statement;
};
Result<BundleClaims> inspect_bundle(FileSystem& files, const std::filesystem::path& file);

}  // namespace kip::updater
