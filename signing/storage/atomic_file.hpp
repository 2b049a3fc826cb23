#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include <signing/storage/file_system.hpp>

namespace kip {

/// A file that appears at its path whole or not at all: it is written beside it under temporary_sibling() and takes
/// the path's place in commit(). Destroyed before, it is removed. One writer per path at a time: lock where two
/// processes could write. Not thread-safe; the file system must outlive it.
class AtomicFile {
 public:
  /// A temporary file that a crash has left is replaced.
  static Result<std::unique_ptr<AtomicFile>> create(FileSystem& files, const std::filesystem::path& path,
                                                    unsigned mode);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  Result<void> write(BytesView bytes);
  /// Makes the content durable under its temporary name, so that it can be read back before commit().
  Result<void> finish();
  /// The rename, made durable; finish() comes before. Where only the last step fails, the new content is in place, but
  /// a power cut may bring the old one back.
  Result<void> commit();
  /// Instead of both: readers see it at once, but a power cut may take it until a sync_tree() over it has returned.
  Result<void> place();

  const std::filesystem::path& temporary_path() const { return temporary_; }

 private:
  AtomicFile(FileSystem& files, const std::filesystem::path& path);

  FileSystem& files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::unique_ptr<OutputFile> output_;
  bool in_place_ = false;
};

/// ".NAME.kip-tmp" in the same directory.
std::filesystem::path temporary_sibling(const std::filesystem::path& path);

/// Writes a whole file durably: after a crash at any point the path has the old content or the new one. On failure
/// nothing is left beside it.
Result<void> replace_file(FileSystem& files, const std::filesystem::path& path, BytesView bytes, unsigned mode);

/// Lets a whole file appear at its path, durable only once a sync_tree() over it has returned: for many files at once.
Result<void> place_file(FileSystem& files, const std::filesystem::path& path, BytesView bytes, unsigned mode);

/// The same as replace_file() with the content of another file, piece by piece; `seen` is shown each piece.
Result<void> copy_file(
    FileSystem& files, const std::filesystem::path& from, Links links, const std::filesystem::path& to, unsigned mode,
    const std::function<void(BytesView)>& seen = [](BytesView) {});

}  // namespace kip
