#pragma once

#include <string>
#include <vector>

#include <manifests/model/package_manifest.hpp>
#include <signing/ceremony/repository_folder.hpp>

namespace kip {

/// Tells in words what the staged version of a role changes against the published one: keys and thresholds,
/// delegations, and for a product each release with its files compared to the release before. Made from the very
/// document that is signed next, and each package is read and checked against what the document says, so that nobody
/// signs what was not shown. Errors: integrity where a package differs from its entry; not_found where its file or the
/// staged document is missing.
Result<std::vector<std::string>> describe_staged(FileSystem& files, const RepositoryFolder& folder,
                                                 std::string_view role);

/// Files of `next` against those of `before` (null: none), one line each where something differs, then totals.
std::vector<std::string> describe_files(const PackageManifest* before, const PackageManifest& next);

/// "1.4 MB"
std::string format_size(std::uint64_t octets);

}  // namespace kip
