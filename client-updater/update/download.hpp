#pragma once

#include <filesystem>
#include <functional>

#include <manifests/core/digest.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

struct DownloadRequest {
  std::string url;
  std::filesystem::path file;  ///< what is there already is taken for the beginning of it
  std::uint64_t length = 0;
  Sha256Digest sha256;
};

/// Octets that are here, of how many.
using DownloadProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Brings a file here whose length and hash are known, and checks both over the whole file. Continues what an earlier
/// run or a cut connection has left; starts again once where that turns out to be wrong. Does not sync: a later call
/// checks the file again.
///
/// Errors: integrity where the server sends something else than what was signed; network, then what has arrived stays;
/// disk_full before anything is asked for; those of the file system.
Result<void> download(FileSystem& files, HttpClient& http, const DownloadRequest& request,
                      const DownloadProgress& progress);

}  // namespace kip::updater
