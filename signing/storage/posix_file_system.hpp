#pragma once

#include <signing/storage/file_system.hpp>

namespace kip {

/// The file system of a POSIX machine (Linux: it uses syncfs). A lock is flock(2) on an open file; a pointer is a
/// symbolic link. Thread-safe.
class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<InputFile>> open_input(const std::filesystem::path& path, Links links) override;
  Result<std::unique_ptr<OutputFile>> open_output(const std::filesystem::path& path, OutputMode how,
                                                  unsigned mode) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> remove_tree(const std::filesystem::path& path) override;
  Result<void> make_directory(const std::filesystem::path& path, unsigned mode) override;
  Result<std::vector<std::string>> list_directory(const std::filesystem::path& path) override;
  Result<FileStatus> status(const std::filesystem::path& path) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;
  Result<void> sync_tree(const std::filesystem::path& path) override;
  Result<void> write_pointer(const std::filesystem::path& link, const std::filesystem::path& target) override;
  Result<std::filesystem::path> read_pointer(const std::filesystem::path& link) override;
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override;
  Result<std::uint64_t> free_space(const std::filesystem::path& path) override;
};

}  // namespace kip
