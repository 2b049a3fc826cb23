#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <manifests/core/digest.hpp>
#include <manifests/model/package_manifest.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

// A .kpk is taken as hostile until its last octet was checked: one Zstandard frame with one tar archive, in it the
// manifest and then exactly the files that it lists, in its order, each a regular file with its size and hash.
//
// Errors of all: malformed for anything else; integrity where a size, a hash or the manifest's own digest
// differs; too_large for a frame that asks for too much memory or unpacks to more than its manifest says; those of the
// file system. The message names the package and the entry. Format: docs/formats/package.md.

/// The manifest only: nothing else in the package was checked.
Result<PackageManifest> read_package_manifest(FileSystem& files, const std::filesystem::path& package);

/// Reads everything and writes nothing. `identity`: the digest that the manifest must have.
Result<PackageManifest> verify_package(FileSystem& files, const std::filesystem::path& package,
                                       const std::optional<Sha256Digest>& identity);

/// The same, and hash and size of just the octets that were checked, even if somebody exchanges the file meanwhile.
struct InspectedPackage {
  PackageManifest manifest;
  FileDigest file;
};
Result<InspectedPackage> inspect_package(FileSystem& files, const std::filesystem::path& package);

/// Asked while a package is unpacked; a failure of theirs breaks off.
struct ExtractQuestions {
  /// Once the manifest is known and is what the identity says.
  std::function<Result<void>(const PackageManifest&)> accept = [](const PackageManifest&) { return Result<void>(); };
  /// Before each file.
  std::function<Result<void>()> proceed = [] { return Result<void>(); };
};

/// Unpacks into `staging`, which must be missing or an empty directory that only this user can write to; directories
/// are made with mode 0755. On failure it is as before, missing or empty; on success it has what the manifest lists and
/// is not yet durable: that is one sync_tree(staging). Error conflict where staging has something in it: it stays.
Result<PackageManifest> extract_package(FileSystem& files, const std::filesystem::path& package,
                                        const std::optional<Sha256Digest>& identity,
                                        const std::filesystem::path& staging, const ExtractQuestions& ask = {});

struct Selection {
  /// Asked of each file in the order of the manifest; the others are checked all the same.
  std::function<Result<bool>(const PackageFile&)> wanted;
  /// A manifest that was parsed already: the package's own one is not parsed again where it has the same octets.
  const PackageManifest* known = nullptr;
};
/// The same with some of the files only, into another file system if need be.
Result<PackageManifest> extract_some(FileSystem& files, const std::filesystem::path& package, FileSystem& into,
                                     const std::filesystem::path& staging, const Selection& selection);

/// The same into `folder`, durable on return, its own name as well.
Result<PackageManifest> extract_package_durably(
    FileSystem& files, const std::filesystem::path& package, const std::filesystem::path& folder,
    const std::function<Result<void>()>& proceed = [] { return Result<void>(); });

}  // namespace kip
