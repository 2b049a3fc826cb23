#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signing/storage/posix_file.hpp>
#include <signing/storage/storage_error.hpp>

namespace kip::posix {
namespace {

struct Kind {
  ErrorCode code;
  std::string_view detail = {};
};

Kind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return {ErrorCode::not_found};
    case EEXIST:
      return {ErrorCode::conflict, "that name is taken already; remove what is there or choose another name"};
    case ENOTEMPTY:
      return {ErrorCode::conflict, "that directory is not empty; empty it or choose another one"};
    case EISDIR:
      return {ErrorCode::conflict, "that is a directory, where a file was expected"};
    case ENOTDIR:
      return {ErrorCode::conflict, "that, or what it should lie in, is not a directory; check the path"};
    case ELOOP:
      return {ErrorCode::conflict, "that is a symbolic link, which is not followed here; name the file itself"};
    case EXDEV:
      return {ErrorCode::conflict, "both paths must be on the same file system"};
    case EACCES:
    case EPERM:
      return {ErrorCode::denied};
    case EROFS:
      return {ErrorCode::denied, "that file system is mounted read-only"};
    case ENOSPC:
      return {ErrorCode::disk_full};
    case EDQUOT:
      return {ErrorCode::disk_full, "the disk quota is used up; free some space and try again"};
    case ENAMETOOLONG:
    case EFBIG:
      return {ErrorCode::too_large};
    default:
      return {ErrorCode::storage};
  }
}

class PosixInput final : public InputFile {
 public:
  PosixInput(Descriptor descriptor, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::size_t> read(std::span<char> out) override {
    KIP_TRY(const std::size_t count, read_at(position_, out));
    position_ += count;
    return count;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    std::size_t used = 0;
    while (used < out.size()) {
      const auto count =
          ::pread(descriptor_.get(), out.data() + used, out.size() - used, static_cast<off_t>(offset + used));
      if (count == 0) break;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failure(errno, "reading", path_);
      used += static_cast<std::size_t>(count);
    }
    return used;
  }

  Result<std::uint64_t> size() override {
    struct stat found = {};
    if (::fstat(descriptor_.get(), &found) != 0) return failure(errno, "reading", path_);
    return static_cast<std::uint64_t>(found.st_size);
  }

 private:
  Descriptor descriptor_;
  std::filesystem::path path_;
  std::uint64_t position_ = 0;
};

class PosixOutput final : public OutputFile {
 public:
  PosixOutput(Descriptor descriptor, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<void> write(BytesView bytes) override {
    while (!bytes.empty()) {
      const auto count = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failure(errno, "writing", path_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fsync(descriptor_.get()); }) != 0) return failure(errno, "making durable", path_);
    return {};
  }

  Result<void> close() override {
    // Linux has freed the number even where close() was interrupted.
    if (::close(descriptor_.release()) != 0 && errno != EINTR) return failure(errno, "closing", path_);
    return {};
  }

 private:
  Descriptor descriptor_;
  std::filesystem::path path_;
};

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Unexpected failure(int error_number, std::string_view doing, const std::filesystem::path& path) {
  const auto [code, detail] = kind_of(error_number);
  if (code != ErrorCode::storage) return storage_failure(code, doing, path, detail);
  const auto words = std::generic_category().message(error_number);
  return storage_failure(code, doing, path,
                         fmt::format("{}; check the disk and the system log, then try again", words));
}

Result<Descriptor> open_descriptor(const std::filesystem::path& path, int flags, unsigned mode,
                                   std::string_view doing) {
  const int number =
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, static_cast<mode_t>(mode)); });
  if (number < 0) return failure(errno, doing, path);
  return Descriptor(number);
}

std::unique_ptr<InputFile> make_input(Descriptor descriptor, const std::filesystem::path& path) {
  return std::make_unique<PosixInput>(std::move(descriptor), path);
}

std::unique_ptr<OutputFile> make_output(Descriptor descriptor, const std::filesystem::path& path) {
  return std::make_unique<PosixOutput>(std::move(descriptor), path);
}

Result<std::vector<std::string>> names_in(Descriptor directory, const std::filesystem::path& path) {
  const std::unique_ptr<DIR, DirectoryCloser> stream(::fdopendir(directory.get()));
  if (!stream) return failure(errno, "listing", path);
  directory.release();  // the stream owns it now
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return failure(errno, "listing", path);
    if (entry == nullptr) break;
    std::string name(entry->d_name);
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_tree_at(int parent, const std::string& name, const std::filesystem::path& path) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  // A directory: EISDIR on Linux, EPERM by POSIX. Opening it tells that from a real lack of permission.
  const int unlink_error = errno;
  if (unlink_error != EISDIR && unlink_error != EPERM) return failure(unlink_error, "removing", path);
  Descriptor directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return failure(errno == ENOTDIR ? unlink_error : errno, "removing", path);
  Descriptor listed(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listed) return failure(errno, "removing", path);
  KIP_TRY(const auto names, names_in(std::move(listed), path));
  for (const auto& child : names)
    KIP_TRY_VOID(remove_tree_at(directory.get(), child, path / child));
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return failure(errno, "removing", path);
  return {};
}

}  // namespace kip::posix
