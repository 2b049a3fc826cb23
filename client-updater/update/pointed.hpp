#pragma once

#include <client-updater/update/placement.hpp>

namespace kip::updater {

/// Each version complete in its own directory, and a pointer to the one in use: writing the pointer is the commit
/// point. A program that reads through the pointer never sees a mix.
class PointedPlacement final : public Placement {
 public:
  PointedPlacement(FileSystem& files, const Layout& layout, KeptManifests& manifests)
      : files_(files), layout_(layout), manifests_(manifests) {}

  Result<bool> is_committed(const Switch& change) override;
  Result<void> prepare(const Switch& change) override;
  Result<void> switch_over(const Switch& change) override;
  Result<void> go_back(const Switch& change) override;
  Result<void> settle() override { return {}; }
  Result<bool> mend(const Target& current, const Narrator& narrator) override;

 private:
  Result<void> carry_edited_files(const Switch& change);

  FileSystem& files_;
  const Layout& layout_;
  KeptManifests& manifests_;
};

}  // namespace kip::updater
