#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <manifests/model/bundle.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// A bundle that was read through once: it holds exactly what its index lists, in that order, with those sizes and
/// hashes, and nothing else. That says nothing of who made it. Not thread-safe; the file system must outlive it.
/// Format: docs/formats/bundle.md
class BundleFile {
 public:
  /// Errors: malformed where it is no such file; integrity where an entry has another hash than the index says;
  /// too_large; those of the file system.
  static Result<std::unique_ptr<BundleFile>> open(FileSystem& files, const std::filesystem::path& path);

  const BundleIndex& index() const { return *index_; }
  const std::filesystem::path& path() const { return path_; }
  /// Null where the bundle has no such entry.
  const BundleEntry* find(std::string_view path) const;
  /// The whole content of an entry of this bundle. Errors: too_large above `max_bytes`; those of the file.
  Result<Bytes> read(const BundleEntry& entry, std::uint64_t max_bytes);
  /// The content of an entry from that offset on, in pieces.
  Result<void> read_from(const BundleEntry& entry, std::uint64_t offset,
                         const std::function<Result<void>(BytesView)>& take);

 private:
  BundleFile(std::filesystem::path path, std::unique_ptr<InputFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> read_through();

  std::filesystem::path path_;
  std::unique_ptr<InputFile> file_;
  std::optional<BundleIndex> index_;                           ///< always there once it is open
  std::map<std::string, std::uint64_t, std::less<>> offsets_;  ///< where contents begin
};

}  // namespace kip
