#pragma once

#include <filesystem>

#include <manifests/model/delta.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_writer.hpp>

namespace kip {

/// Two packages of one product, and where to write the delta from the one to the other.
struct DeltaRequest {
  std::filesystem::path from;
  std::filesystem::path to;
  std::filesystem::path output;
  /// Where the caller has read them already; null otherwise.
  const PackageManifest* from_manifest = nullptr;
  const PackageManifest* to_manifest = nullptr;
  /// What changes, and what that is made of, is unpacked in memory up to so many octets, else on disk.
  std::uint64_t memory = 64U << 20U;
};

struct WrittenDelta {
  Delta delta;
  FileDigest file;
  std::size_t copied = 0;  ///< files of the new version that the base has already
};

/// Makes the delta from one package to another, reproducibly: equal packages give equal bytes (with the same libzstd
/// and libarchive). What is too much for memory is unpacked into a scratch folder beside the output, which is removed
/// again. The result is applied once before it gets its name; on failure nothing is left at the output.
///
/// Errors: usage where the packages are of two products, or of one version; conflict where the output exists with other
/// bytes (the same bytes are fine); too_large where the list of what changes would be; those of the packages, of the
/// file system and of `progress`. Format: docs/formats/delta.md.
Result<WrittenDelta> write_delta(
    FileSystem& files, const DeltaRequest& request,
    const PackProgress& progress = [](std::uint64_t, std::uint64_t) { return Result<void>(); });

}  // namespace kip
