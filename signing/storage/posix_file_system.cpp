#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/storage/storage_error.hpp>

namespace kip {
namespace {

using posix::Descriptor;
using posix::failure;
using posix::open_descriptor;
using posix::uninterrupted;

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // closing it releases the lock
};

/// Refuses what is no regular file; O_NONBLOCK at open keeps a FIFO from hanging us before this.
Result<void> expect_regular(const Descriptor& file, std::string_view doing, const std::filesystem::path& path) {
  struct stat found = {};
  if (::fstat(file.get(), &found) != 0) return failure(errno, doing, path);
  if (S_ISREG(found.st_mode)) return {};
  return storage_failure(ErrorCode::conflict, doing, path,
                         S_ISDIR(found.st_mode) ? "that is a directory, where a file was expected"
                                                : "that is not a regular file; name a regular file");
}

Result<Descriptor> open_existing_directory(const std::filesystem::path& path, std::string_view doing) {
  return open_descriptor(path, O_RDONLY | O_DIRECTORY, 0, doing);
}

}  // namespace

Result<std::unique_ptr<InputFile>> PosixFileSystem::open_input(const std::filesystem::path& path, Links links) {
  const int follow = links == Links::refuse ? O_NOFOLLOW : 0;
  KIP_TRY(Descriptor file, open_descriptor(path, O_RDONLY | O_NONBLOCK | follow, 0, "reading"));
  KIP_TRY_VOID(expect_regular(file, "reading", path));
  return posix::make_input(std::move(file), path);
}

Result<std::unique_ptr<OutputFile>> PosixFileSystem::open_output(const std::filesystem::path& path, OutputMode how,
                                                                 unsigned mode) {
  constexpr int kFlags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
  constexpr int kNew = kFlags | O_CREAT | O_EXCL;
  if (how == OutputMode::append) {
    auto existing = open_descriptor(path, kFlags | O_APPEND, 0, "writing");
    if (existing) {
      KIP_TRY_VOID(expect_regular(*existing, "writing", path));
      return posix::make_output(*std::move(existing), path);
    }
    if (existing.error().code != ErrorCode::not_found) return Unexpected(std::move(existing).error());
  }
  KIP_TRY(Descriptor file, open_descriptor(path, kNew, mode, "creating"));
  if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) return failure(errno, "creating", path);
  return posix::make_output(std::move(file), path);
}

Result<void> PosixFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  const int error_number = errno;
  if (error_number == EINVAL) {
    return storage_failure(ErrorCode::conflict, "moving", from, "a directory cannot be moved into itself");
  }
  return failure(error_number, "moving " + from.string() + " to", to);
}

Result<void> PosixFileSystem::remove(const std::filesystem::path& path) {
  if (std::remove(path.c_str()) != 0) return failure(errno, "removing", path);
  return {};
}

Result<void> PosixFileSystem::remove_tree(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  if (name.empty() || name == "." || name == "..") {
    return storage_failure(ErrorCode::usage, "removing", path, "the path must end in the name of what is removed");
  }
  auto parent = open_existing_directory(directory_of(path), "removing from");
  if (!parent && parent.error().code == ErrorCode::not_found) return {};
  if (!parent) return Unexpected(std::move(parent).error());
  return posix::remove_tree_at(parent->get(), name, path);
}

Result<void> PosixFileSystem::make_directory(const std::filesystem::path& path, unsigned mode) {
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0) return failure(errno, "making the directory", path);
  KIP_TRY(const Descriptor made, open_descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, "making the directory"));
  if (::fchmod(made.get(), static_cast<mode_t>(mode)) != 0) return failure(errno, "making the directory", path);
  return {};
}

Result<std::vector<std::string>> PosixFileSystem::list_directory(const std::filesystem::path& path) {
  KIP_TRY(Descriptor directory, open_existing_directory(path, "listing"));
  return posix::names_in(std::move(directory), path);
}

Result<FileStatus> PosixFileSystem::status(const std::filesystem::path& path) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) return failure(errno, "looking at", path);
  FileStatus status;
  status.mode = found.st_mode & 07777U;
  if (S_ISREG(found.st_mode)) {
    status.kind = FileKind::file;
    status.size = static_cast<std::uint64_t>(found.st_size);
  } else if (S_ISDIR(found.st_mode)) {
    status.kind = FileKind::directory;
  } else if (S_ISLNK(found.st_mode)) {
    status.kind = FileKind::symlink;
  }
  return status;
}

Result<void> PosixFileSystem::sync_directory(const std::filesystem::path& path) {
  KIP_TRY(const Descriptor directory, open_existing_directory(path, "making durable"));
  // Some network file systems cannot sync a directory and say EINVAL: nothing more can be done there.
  if (uninterrupted([&] { return ::fsync(directory.get()); }) != 0 && errno != EINVAL)
    return failure(errno, "making durable", path);
  return {};
}

Result<void> PosixFileSystem::sync_tree(const std::filesystem::path& path) {
  KIP_TRY(const Descriptor directory, open_existing_directory(path, "making durable"));
  if (uninterrupted([&] { return ::syncfs(directory.get()); }) != 0) return failure(errno, "making durable", path);
  return {};
}

Result<void> PosixFileSystem::write_pointer(const std::filesystem::path& link, const std::filesystem::path& target) {
  struct stat found = {};
  if (::lstat(link.c_str(), &found) == 0 && !S_ISLNK(found.st_mode)) {
    return storage_failure(ErrorCode::conflict, "setting the pointer", link,
                           "that is a file or directory, not a pointer; move it away");
  }
  const auto temporary = temporary_sibling(link);
  int made = ::symlink(target.c_str(), temporary.c_str());
  if (made != 0 && errno == EEXIST) {  // left by a crash
    KIP_TRY_VOID(remove(temporary));
    made = ::symlink(target.c_str(), temporary.c_str());
  }
  if (made != 0) return failure(errno, "setting the pointer", link);
  if (::rename(temporary.c_str(), link.c_str()) == 0) return {};
  const int error_number = errno;
  ::unlink(temporary.c_str());
  return failure(error_number, "setting the pointer", link);
}

Result<std::filesystem::path> PosixFileSystem::read_pointer(const std::filesystem::path& link) {
  std::array<char, 4097> target = {};
  const auto size = ::readlink(link.c_str(), target.data(), target.size());
  if (size < 0 && errno == EINVAL) {
    return storage_failure(ErrorCode::conflict, "reading the pointer", link, "that is no pointer");
  }
  if (size < 0) return failure(errno, "reading the pointer", link);
  if (static_cast<std::size_t>(size) == target.size()) return failure(ENAMETOOLONG, "reading the pointer", link);
  return std::filesystem::path(std::string(target.data(), static_cast<std::size_t>(size)));
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::filesystem::path& path) {
  constexpr unsigned kOwnerOnly = 0600;
  KIP_TRY(Descriptor file, open_descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, kOwnerOnly, "locking"));
  const int taken = uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); });
  if (taken == 0) return std::make_unique<PosixLock>(std::move(file));
  if (errno == EWOULDBLOCK) return storage_failure(ErrorCode::busy, "locking", path);
  return failure(errno, "locking", path);
}

Result<std::uint64_t> PosixFileSystem::free_space(const std::filesystem::path& path) {
  struct statvfs found = {};
  const int done = uninterrupted([&] { return ::statvfs(path.c_str(), &found); });
  if (done != 0) return failure(errno, "asking for the free space at", path);
  return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
}

}  // namespace kip
