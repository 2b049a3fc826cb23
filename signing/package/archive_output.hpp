#pragma once

#include <memory>
#include <optional>

#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/tar_writer.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip {

/// A released file on its way: tar through zstd into a file that appears whole or not at all. Not thread-safe; the file
/// system must outlive it.
class ArchiveOutput {
 public:
  struct Form {
    std::optional<int> window_log = {};  ///< of the frame, where it is known that less than the usual is enough
    TarWriter::Names names = TarWriter::Names::marked;
  };

  static Result<std::unique_ptr<ArchiveOutput>> create(FileSystem& files, const std::filesystem::path& path,
                                                       const Form& form);
  ArchiveOutput(const ArchiveOutput&) = delete;
  ArchiveOutput& operator=(const ArchiveOutput&) = delete;

  TarWriter& tar() { return tar_; }
  /// A whole entry that is in memory.
  Result<void> add(const std::string& path, BytesView content, unsigned mode);
  struct Source {
    FileSystem& files;
    std::filesystem::path path;
  };
  /// An entry of that size and hash from a file. Error conflict where the file is or becomes another. `seen` is told of
  /// each piece.
  Result<void> add_file(const std::string& path, unsigned mode, const Source& source, const FileDigest& expected,
                        const std::function<Result<void>(std::uint64_t)>& seen);
  /// The error for a file that is not what it was.
  static Unexpected changed(const std::filesystem::path& path);
  /// Ends the archive and makes it durable under its temporary name; returns what was written.
  Result<FileDigest> finish();
  const std::filesystem::path& temporary_path() const { return file_->temporary_path(); }
  /// Gives it its name. A file that is there already stays: the same bytes are success, others a conflict.
  Result<void> commit(const FileDigest& written);

 private:
  ArchiveOutput(FileSystem& files, std::filesystem::path path, std::unique_ptr<AtomicFile> file, const Form& form);

  FileSystem& files_;
  std::filesystem::path path_;
  std::unique_ptr<AtomicFile> file_;
  Sha256Hasher hasher_;
  std::uint64_t size_ = 0;
  ZstdEncoder encoder_;
  TarWriter tar_;
};

}  // namespace kip
