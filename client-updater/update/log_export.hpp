#pragma once

#include <filesystem>

#include <client-updater/update/state.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// What an install was shown of the vendor's log, for an auditor: "kip.log-heads/1" with the kept heads and the notes
/// that contradict each other, each as the log has signed it. Format: docs/formats/witness.md
json::Object log_heads_file(const State& state, Instant now);
/// Writes that. Errors: not_found where nothing was seen yet; those of the file system.
Result<void> export_log(FileSystem& files, const State& state, const std::filesystem::path& file, Instant now);

}  // namespace kip::updater
