#pragma once

#include <string>
#include <vector>

#include <manifests/model/package_manifest.hpp>
#include <signing/ceremony/repository_folder.hpp>

namespace kip {

/// What a signer was shown of a role, and the bytes that it was about: sign_staged() signs these and no others.
struct Shown {
  std::string role;
  std::vector<std::string> lines;
  Bytes canonical;
};

/// Tells in words what the staged version of a role changes against the published one: keys and thresholds,
/// delegations, and for a product each new or changed release with its files compared to the release before. Each file
/// that is new is read and checked against what the document says, so that nobody signs what was not shown. Errors:
/// integrity where a package differs from its entry; not_found where its file or the staged document is missing.
Result<Shown> describe_staged(FileSystem& files, const RepositoryFolder& folder, std::string_view role);

/// Files of `next` against those of `before` (null: none), one line each where something differs, then totals.
std::vector<std::string> describe_files(const PackageManifest* before, const PackageManifest& next);

/// What officers say of a release, and what its package brings, one line each.
std::vector<std::string> describe_release(const PackageManifest& manifest, const Release& release);

/// The forms that a package brings and the files that it takes away, one line each.
std::vector<std::string> describe_subject(const PackageSubject& subject);

/// Text that somebody wrote, so that no line of it can pass for one of ours: what follows a line end is set off.
std::string set_off(std::string_view text);

/// "1.4 MB"
std::string format_size(std::uint64_t octets);

}  // namespace kip
