#pragma once

#include <signing/log/checkpoint.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::tlog {

/// Keeps cosigned checkpoints of one log in a folder, a file for each size: of every witness the newest that it has
/// signed. So there are never more than witnesses, one more after an interruption. `cosigned`: signed by the log and by
/// witnesses, verified. Makes the folder where it is missing. Not thread-safe. Errors: malformed for a note that is no
/// checkpoint; those of the file system.
Result<void> keep_cosigned(FileSystem& files, const std::filesystem::path& folder, const Note& cosigned);

/// What is kept, by size; nothing where there is no such folder. Errors: malformed; those of the file system.
Result<std::vector<Note>> read_cosigned(FileSystem& files, const std::filesystem::path& folder);

}  // namespace kip::tlog
