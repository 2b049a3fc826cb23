#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include <manifests/model/pack_description.hpp>
#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// Told how many octets of how many were packed, first of none just before anything is written. A failure breaks off.
using PackProgress = std::function<Result<void>(std::uint64_t done, std::uint64_t total)>;

/// What is packed, and to where. The description is taken as it stands; its own file may lie in the folder or not.
struct PackRequest {
  std::filesystem::path folder;
  std::filesystem::path output;  ///< not inside the folder
  ProductId product;
  Version version;
  PackDescription description;
};

struct WrittenPackage {
  PackageManifest manifest;
  Sha256Digest identity;  ///< of the package: SHA-256 of its manifest
  Sha256Digest sha256;    ///< of the .kpk file
  std::uint64_t size = 0;
};

/// Packs a folder into a .kpk, reproducibly: equal files and equal description give equal bytes (with the same libzstd
/// and libarchive), whatever the files' times, owners, order, the umask, locale and time zone. The result is read back
/// before it gets its name; on failure nothing is left at the output.
///
/// Errors: malformed for links, special files, unsafe or colliding names, a folder without files, a form whose file is
/// missing, a pattern that matches nothing; too_large; conflict where a file changes meanwhile or the output exists
/// with other bytes (the same bytes are fine); usage where the output lies in the folder; those of the file system and
/// of `progress`. Format: docs/formats/package.md.
Result<WrittenPackage> write_package(
    FileSystem& files, const PackRequest& request,
    const PackProgress& progress = [](std::uint64_t, std::uint64_t) { return Result<void>(); });

}  // namespace kip
