#pragma once

#include <filesystem>

#include <client-updater/update/layout.hpp>
#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// Makes the directories of an install that are missing, durably. Errors: those of the file system.
Result<void> make_layout(FileSystem& files, const Layout& layout);

/// Whether that many octets are free where the folder is. `doing`: "unpacking version 1.0". Errors: disk_full; those of
/// the file system.
Result<void> expect_room(FileSystem& files, const std::filesystem::path& folder, std::uint64_t octets,
                         std::string_view doing);

enum class EditableFiles { must_be_there, may_be_missing };

/// Reads every managed file of a version and compares it with the manifest; editable files are the customer's and must
/// only be there, if that. Errors: integrity with the names of up to five files at fault.
Result<void> verify_version(FileSystem& files, const std::filesystem::path& directory, const PackageManifest& manifest,
                            EditableFiles editable = EditableFiles::must_be_there);

/// The same by sizes only: quick, for what was verified just before.
Result<void> look_over_version(FileSystem& files, const std::filesystem::path& directory,
                               const PackageManifest& manifest);

/// Checks what is there of the directories between a root and a file: a link on the way would lead a writer out of it.
/// Errors: conflict where one is no directory; those of the file system.
Result<void> expect_plain_parents(FileSystem& files, const std::filesystem::path& root, const SafeRelativePath& path);

/// What the pointer holds; nothing where there is no pointer.
Result<std::optional<std::filesystem::path>> read_current(FileSystem& files, const Layout& layout);

/// Moves a staged version to its place, replacing one that is not in use, and makes that durable. Without a staged one
/// the version must be in its place already. Errors: not_found where it is neither.
Result<void> move_into_place(FileSystem& files, const Layout& layout, const Target& target);

/// Removes what no record knows: all of staging, and versions and manifests but those of `known`.
Result<void> remove_leftovers(FileSystem& files, const Layout& layout, const std::vector<Target>& known);

/// Removes everything in a directory but one name.
Result<void> keep_only(FileSystem& files, const std::filesystem::path& directory, const std::string& name);

}  // namespace kip::updater
