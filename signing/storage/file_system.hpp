#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip {

enum class FileKind { file, directory, symlink, other };

struct FileStatus {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;  ///< octets of a file, 0 for anything else
  unsigned mode = 0;       ///< permission bits, 0 to 07777
};

/// What to do where the last component of a path is a symbolic link.
enum class Links { refuse, follow };

enum class OutputMode {
  create_new,  ///< error conflict where anything has that name, a dangling link included
  append,      ///< continues an existing file (not through a link), creates it where it is missing
};

/// A file opened for reading. Not thread-safe.
class InputFile {
 public:
  virtual ~InputFile() = default;
  /// Fills `out` from the present position and moves on; returns fewer octets than asked only at the end of the file.
  virtual Result<std::size_t> read(std::span<char> out) = 0;
  /// The same from a given offset; does not move the position.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) = 0;
  virtual Result<std::uint64_t> size() = 0;
};

/// A file opened for writing. Not buffered: write in large pieces. Not thread-safe.
/// Destroying it closes it without a sync and drops the error, if any.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  /// Writes all of it. After a failure an unknown part of it is in the file.
  virtual Result<void> write(BytesView bytes) = 0;
  /// On return the content is durable, but not the file's name: that is sync_directory's business. After a failure the
  /// content must be taken as lost; a second sync that succeeds proves nothing.
  virtual Result<void> sync() = 0;
  /// Some file systems report a failed write only here. No other call may follow.
  virtual Result<void> close() = 0;
};

/// Released when destroyed, also when the process ends in any way.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// The port through which every write goes that must survive a crash.
///
/// Durability: a change of a directory (create, rename, remove, write_pointer) is atomic and visible at once, but may
/// be undone by a power cut until sync_directory() of that directory, or sync_tree() over it, has returned.
///
/// Errors, the same for all calls: not_found where the path or its parent does not exist; conflict where it is of
/// another kind than the call needs, exists already or is not empty; denied; disk_full (also a quota); too_large for
/// names and files beyond the file system's limits; storage for everything else. The message names the path and what
/// to do. Paths are followed through links except in the last component.
///
/// Thread-safe. Concurrent changes of the same path are the caller's to prevent, by lock().
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Opens a regular file; anything else is a conflict.
  virtual Result<std::unique_ptr<InputFile>> open_input(const std::filesystem::path& path, Links links) = 0;
  /// `mode` holds for a file that is made here, whatever the umask is.
  virtual Result<std::unique_ptr<OutputFile>> open_output(const std::filesystem::path& path, OutputMode how,
                                                          unsigned mode) = 0;
  /// Replaces a file by a file, or an empty directory by a directory, on the same file system.
  virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Removes a file, a link or an empty directory.
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
  /// Removes whatever is there with all below it, never following a link; nothing there is no error. Not atomic:
  /// after a failure a part may be gone.
  virtual Result<void> remove_tree(const std::filesystem::path& path) = 0;
  /// Makes one directory with these permission bits, whatever the umask is. Error conflict where the name is taken.
  virtual Result<void> make_directory(const std::filesystem::path& path, unsigned mode) = 0;
  /// Names without "." and "..", ascending by bytes.
  virtual Result<std::vector<std::string>> list_directory(const std::filesystem::path& path) = 0;
  virtual Result<FileStatus> status(const std::filesystem::path& path) = 0;
  /// On return the names in that directory are durable, but not the content of what they name.
  virtual Result<void> sync_directory(const std::filesystem::path& path) = 0;
  /// On return contents and names of everything below that directory are durable, but not its own name in its parent.
  /// Costs about one sync for the whole tree.
  virtual Result<void> sync_tree(const std::filesystem::path& path) = 0;
  /// Lets the pointer `link` name `target`, atomically replacing what it named. Error conflict where `link` exists and
  /// is no pointer. On POSIX a pointer is a symbolic link.
  virtual Result<void> write_pointer(const std::filesystem::path& link, const std::filesystem::path& target) = 0;
  virtual Result<std::filesystem::path> read_pointer(const std::filesystem::path& link) = 0;
  /// Takes an exclusive lock by a file of that name, which is made where missing and stays. Error busy at once where
  /// another holder has it, in this process or another.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) = 0;
  /// Octets that this user can still write on the file system that holds this existing path.
  virtual Result<std::uint64_t> free_space(const std::filesystem::path& path) = 0;
};

/// The whole content. Errors: too_large above `max_bytes`.
Result<Bytes> read_file(FileSystem& files, const std::filesystem::path& path, std::uint64_t max_bytes,
                        Links links = Links::refuse);

/// That nobody but its owner has any access to a file with a secret; a symbolic link is followed. What is no file is
/// left to whoever reads it. Errors: denied, with what to do; those of status().
Result<void> expect_private(FileSystem& files, const std::filesystem::path& path);

/// Makes the directory and the parents that are missing; one that exists is no error. Nothing is synced.
Result<void> make_directories(FileSystem& files, const std::filesystem::path& path, unsigned mode);

/// Whether anything has that name, a dangling link included.
Result<bool> path_exists(FileSystem& files, const std::filesystem::path& path);

/// The directory that holds the path's last component; "." for a bare name.
std::filesystem::path directory_of(const std::filesystem::path& path);

}  // namespace kip
