#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// What becomes of an editable file when another version comes into use.
enum class EditableFate {
  vendors,               ///< nobody has edited it: the vendor's takes its place
  customers,             ///< edited, and the vendor has nothing new: it stays
  customers_with_other,  ///< edited: it stays, and the vendor's new one goes beside it
};

/// Pure. `from`: the file as the version that is left lists it, null where it does not; `found`: what is there now.
EditableFate judge_editable(const PackageFile& to, const PackageFile* from, const std::optional<Sha256Digest>& found);

/// "NAME.kip-new": where the vendor's file goes beside an edited one. Nothing where the name is too long for that.
std::optional<SafeRelativePath> name_beside(const SafeRelativePath& path);

/// Hash of a regular file; nothing where nothing has that name. Errors: conflict where it is of another kind; those of
/// the file system.
Result<std::optional<Sha256Digest>> digest_if_there(FileSystem& files, const std::filesystem::path& path);

/// The editable files of a version that have the vendor's beside them: the customer's work that is left to do.
Result<std::vector<std::string>> list_kept_edited(FileSystem& files, const std::filesystem::path& directory,
                                                  const PackageManifest& manifest);

/// A version in its own directory, and what it says of its files.
struct VersionTree {
  const std::filesystem::path& directory;
  const PackageManifest& manifest;
};

/// Brings what the customer has edited in `from` into `to`, which is not yet in use. May be repeated. Not durable until
/// the tree is synced. Errors: those of the file system.
Result<void> carry_edited(FileSystem& files, const VersionTree& from, const VersionTree& to);

}  // namespace kip::updater
