#pragma once

#include <filesystem>
#include <string>

#include <signing/fetch/http_client.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/tuf/client.hpp>

namespace kip::updater {

/// Brings the file at `path` to what the target's metadata says: one that is right already is left alone, else it is
/// fetched from `url` and takes its place whole, after its length and all its hashes were found right. Nothing else is
/// left beside it. The folder must exist. Errors: integrity; those of HttpClient and of FileSystem.
Result<void> fetch_target_file(FileSystem& files, HttpClient& http, const std::string& url,
                               const tuf::TargetInfo& target, const std::filesystem::path& path);

}  // namespace kip::updater
