#include <algorithm>

#include <fmt/format.h>

#include <signing/storage/file_system.hpp>

namespace kip {

Result<Bytes> read_file(FileSystem& files, const std::filesystem::path& path, std::uint64_t max_bytes, Links links) {
  KIP_TRY(const auto file, files.open_input(path, links));
  KIP_TRY(const std::uint64_t size, file->size());
  const auto refused = [&] {
    return fail(ErrorCode::too_large,
                fmt::format("reading {}: it has more than the {} bytes allowed there; check that it is the right file",
                            path.string(), max_bytes));
  };
  if (size > max_bytes) return refused();
  // One octet more than its size, so that a file that grows meanwhile is noticed.
  Bytes bytes(static_cast<std::size_t>(size) + 1, '\0');
  std::size_t used = 0;
  while (true) {
    KIP_TRY(const std::size_t count, file->read(std::span(bytes).subspan(used)));
    used += count;
    if (used < bytes.size()) break;
    if (used > max_bytes) return refused();
    bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(used * 2, max_bytes + 1)));
  }
  bytes.resize(used);
  return bytes;
}

Result<void> expect_private(FileSystem& files, const std::filesystem::path& path) {
  constexpr unsigned kOthers = 0077;
  constexpr int kMaxLinks = 16;
  std::filesystem::path place = path;
  KIP_TRY(FileStatus status, files.status(place));
  for (int i = 0; i < kMaxLinks && status.kind == FileKind::symlink; ++i) {
    KIP_TRY(const auto target, files.read_pointer(place));
    place = directory_of(place) / target;
    KIP_TRY(status, files.status(place));
  }
  if (status.kind != FileKind::file || (status.mode & kOthers) == 0) return {};
  return fail(ErrorCode::denied,
              fmt::format("{0} holds a secret, and others than its owner have access to it (mode {1:04o}): chmod 600 "
                          "{0}, and replace the secret if somebody may have read it",
                          place.string(), status.mode));
}

Result<void> make_directories(FileSystem& files, const std::filesystem::path& path, unsigned mode) {
  auto made = files.make_directory(path, mode);
  if (made) return {};
  if (made.error().code == ErrorCode::not_found && path.has_parent_path() && path.parent_path() != path) {
    KIP_TRY_VOID(make_directories(files, path.parent_path(), mode));
    made = files.make_directory(path, mode);
    if (made) return {};
  }
  if (made.error().code != ErrorCode::conflict) return made;
  const auto status = files.status(path);
  if (status && status->kind == FileKind::directory) return {};
  // A pointer to a directory serves as one.
  if (status && status->kind == FileKind::symlink && files.list_directory(path)) return {};
  return made;
}

Result<bool> path_exists(FileSystem& files, const std::filesystem::path& path) {
  const auto status = files.status(path);
  if (status) return true;
  if (status.error().code == ErrorCode::not_found) return false;
  return Unexpected(status.error());
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  return parent.empty() ? std::filesystem::path(".") : parent;
}

}  // namespace kip
