#pragma once

#include <filesystem>

#include <client-updater/update/state.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// Writes what an install was shown of the vendor's log, for an auditor: a LogHeads. Errors: not_found where nothing
/// was seen yet; those of the file system.
Result<void> export_log(FileSystem& files, const State& state, const std::filesystem::path& file, Instant now);

}  // namespace kip::updater
