#pragma once

#include <filesystem>
#include <map>
#include <utility>

#include <manifests/model/delta.hpp>
#include <manifests/model/package_manifest.hpp>
#include <manifests/model/release.hpp>
#include <signing/ceremony/repository_folder.hpp>

namespace kip {

/// What a product's role lists, by version.
using Releases = std::map<Version, std::pair<Release, tuf::TargetFile>>;
Releases releases_of(const tuf::Targets& targets);

Result<Sha256Digest> file_digest(FileSystem& files, const std::filesystem::path& path, std::int64_t& length);

/// Error integrity where the file in the folder is not the one that the role lists.
Result<void> expect_listed_file(FileSystem& files, const std::filesystem::path& path, const tuf::TargetFile& file);

/// The manifest of a listed package, once file, hash, length and identity are what the role says.
Result<PackageManifest> checked_package(FileSystem& files, const std::filesystem::path& path,
                                        const tuf::TargetFile& file, const Release& release);

/// A delta that a role lists.
struct ListedDelta {
  std::string path;
  tuf::TargetFile file;
};

/// The subject of a listed delta, once it is between two releases of the role, its file is the listed one, and it makes
/// of the one package exactly the other. Errors: not_found where the package that it leads from is not in the folder;
/// integrity where anything differs; malformed; those of delta_reader.hpp.
Result<DeltaSubject> checked_delta(FileSystem& files, const RepositoryFolder& folder, const Releases& releases,
                                   const ListedDelta& listed);

}  // namespace kip
