#pragma once

#include <filesystem>
#include <functional>

#include <signing/storage/file_system.hpp>

namespace kip {

/// Absolute, normal, and with a last component also where it was written with a slash at its end.
std::filesystem::path folder_path(const std::filesystem::path& folder);

/// Makes a folder that is there whole, with all that `fill` puts into it, or not at all: it is filled beside its place
/// and renamed, durable on return. Only this user can look into it. `folder`: as folder_path() gives it; nothing or an
/// empty folder is there. Errors: those of `fill`, after which nothing is left, and of the file system.
Result<void> make_whole_folder(FileSystem& files, const std::filesystem::path& folder,
                               const std::function<Result<void>(const std::filesystem::path& draft)>& fill);

}  // namespace kip
