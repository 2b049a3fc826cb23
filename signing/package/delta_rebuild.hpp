#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// A delta and the package that it starts from.
struct PackedDelta {
  std::filesystem::path delta;
  std::filesystem::path base;                 ///< .kpk
  std::optional<Sha256Digest> identity = {};  ///< that the version made must have
};

/// Makes all of the version out of the package, checks it and keeps nothing. Meanwhile the base lies unpacked in a
/// folder ".NAME.kip-scratch" beside the delta. Errors: those of delta_reader.hpp and package_reader.hpp; of `proceed`,
/// which is asked before each file.
Result<PackageManifest> verify_packed_delta(
    FileSystem& files, const PackedDelta& source,
    const std::function<Result<void>()>& proceed = [] { return Result<void>(); });

/// Makes the version in `folder`, which must be missing or an empty directory, durably, its own name as well; on
/// failure it is as before. The scratch folder is beside it.
Result<PackageManifest> extract_packed_delta(
    FileSystem& files, const PackedDelta& source, const std::filesystem::path& folder,
    const std::function<Result<void>()>& proceed = [] { return Result<void>(); });

}  // namespace kip
