#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <manifests/core/digest.hpp>
#include <manifests/core/safe_path.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

struct ScannedFile {
  SafeRelativePath path;
  Sha256Digest sha256;
  std::uint64_t size = 0;
  bool executable = false;  ///< its owner may execute it
};

/// Every file below a folder, hidden ones too, with its hash; directories count only through their files.
/// Errors: malformed for links, special files, unsafe names and a folder without any file; those of the file system.
/// The message names the file.
Result<std::vector<ScannedFile>> scan_folder(FileSystem& files, const std::filesystem::path& folder);

/// Passes a file's content on in pieces and returns how many octets there were.
Result<std::uint64_t> read_in_pieces(InputFile& file, const std::function<Result<void>(BytesView)>& take);

/// Hash and size of a file's content.
struct FileDigest {
  Sha256Digest sha256;
  std::uint64_t size = 0;

  bool operator==(const FileDigest&) const = default;
};
Result<FileDigest> digest_file(FileSystem& files, const std::filesystem::path& path);

}  // namespace kip
