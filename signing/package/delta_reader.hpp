#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <manifests/model/delta.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

// A .kpd is taken as hostile until its last octet was checked: one Zstandard frame with one tar archive, in it what it
// is, the patch of the manifest, the patches of files, and files that are there whole. What comes out is exactly the
// target's manifest and its files, each with its size and hash; each file of the base is checked before it is used.
//
// Errors of all: malformed for anything else; integrity where a size or hash differs; too_large for what asks for too
// much memory or makes more than its manifest says; conflict where a file of the base is damaged, not_found where it is
// missing; those of the file system. The message names the delta. Memory: the 16 MiB of a patch's base, the 16 MiB that
// it makes, the 8 MiB of itself and a window of 4 MiB. Format: docs/formats/delta.md.

/// The version that a delta starts from. What is referred to must outlive the call.
struct DeltaBase {
  std::filesystem::path directory;  ///< of its files; the customer's own ones are never read
  const PackageManifest& manifest;
  FileSystem* files = nullptr;  ///< that holds the directory, where it is not the one that holds the delta
};

struct DeltaSource {
  std::filesystem::path delta;
  DeltaBase base;
  std::optional<Sha256Digest> identity = {};  ///< that the version made must have
};

/// What a delta says, as far as it can be checked without its base: all of its structure, no content.
struct InspectedDelta {
  Delta delta;
  FileDigest file;
  std::uint64_t patch_octets = 0;  ///< of all patches of files
  std::uint64_t whole_octets = 0;  ///< of all files that are there whole
};
Result<InspectedDelta> inspect_delta(FileSystem& files, const std::filesystem::path& delta);

/// Makes everything that is not just copied and writes nothing; the hashes of it all prove the manifest. Of the base
/// only what patches need is read: that the rest is what its manifest says is for the caller to know.
Result<PackageManifest> verify_delta(
    FileSystem& files, const DeltaSource& source,
    const std::function<Result<void>()>& proceed = [] { return Result<void>(); });

/// Makes the version in `staging`, which must be missing or an empty directory that only this user can write to. On
/// failure it is as before, missing or empty; on success it has what the manifest lists and is not yet durable: that is
/// one sync_tree(staging). Nothing is written before verify_delta() would give its manifest, and `accept` agrees.
Result<PackageManifest> extract_delta(FileSystem& files, const DeltaSource& source,
                                      const std::filesystem::path& staging, const ExtractQuestions& ask = {});

/// The same, durable on return, the folder's own name as well.
Result<PackageManifest> extract_delta_durably(
    FileSystem& files, const DeltaSource& source, const std::filesystem::path& folder,
    const std::function<Result<void>()>& proceed = [] { return Result<void>(); });

}  // namespace kip
