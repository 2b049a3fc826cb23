#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>

namespace kip {
namespace {

constexpr std::size_t kPiece = 128U << 10U;
constexpr unsigned kOwnerExecutes = 0100;

class Scanner {
 public:
  Scanner(FileSystem& files, const std::filesystem::path& folder) : files_(files), folder_(folder) {}

  Result<void> scan_directory(const std::string& inside) {
    KIP_TRY(const auto names, files_.list_directory(folder_ / inside));
    for (const std::string& name : names)
      KIP_TRY_VOID(scan_name(inside.empty() ? name : inside + "/" + name));
    return {};
  }

  std::vector<ScannedFile> take_found() { return std::move(found_); }

 private:
  Result<void> scan_name(const std::string& inside) {
    auto path = SafeRelativePath::parse(inside);
    if (!path) return fail(ErrorCode::malformed, path.error().message + "; rename it: it would not install everywhere");
    const auto full = folder_ / inside;
    KIP_TRY(const FileStatus status, files_.status(full));
    switch (status.kind) {
      case FileKind::directory:
        return scan_directory(inside);
      case FileKind::file:
        return add_file(*std::move(path), full, status);
      case FileKind::symlink:
        return refused(full, "is a symbolic link; put the file itself there or remove it");
      case FileKind::other:
        return refused(full, "is neither a file nor a directory; remove it");
    }
    KIP_CHECK(false);
    return {};
  }

  Result<void> add_file(SafeRelativePath path, const std::filesystem::path& full, const FileStatus& status) {
    KIP_TRY(const FileDigest digest, digest_file(files_, full));
    const bool executable = (status.mode & kOwnerExecutes) != 0;
    found_.push_back({std::move(path), digest.sha256, digest.size, executable});
    return {};
  }

  static Unexpected refused(const std::filesystem::path& full, std::string_view why) {
    return fail(ErrorCode::malformed, fmt::format("{} {}", full.string(), why));
  }

  FileSystem& files_;
  const std::filesystem::path& folder_;
  std::vector<ScannedFile> found_;
};

}  // namespace

Result<std::vector<ScannedFile>> scan_folder(FileSystem& files, const std::filesystem::path& folder) {
  Scanner scanner(files, folder);
  KIP_TRY_VOID(scanner.scan_directory(""));
  auto found = scanner.take_found();
  if (!found.empty()) return found;
  return fail(ErrorCode::malformed, fmt::format("{} has no files; check that it is the right folder", folder.string()));
}

Result<std::uint64_t> read_in_pieces(InputFile& file, const std::function<Result<void>(BytesView)>& take) {
  // Not filled with zeros: most files are much smaller.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
  std::uint64_t total = 0;
  while (true) {
    KIP_TRY(const std::size_t count, file.read({buffer.get(), kPiece}));
    total += count;
    if (count > 0) KIP_TRY_VOID(take(BytesView(buffer.get(), count)));
    if (count < kPiece) return total;
  }
}

Result<FileDigest> digest_file(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const auto file, files.open_input(path, Links::refuse));
  Sha256Hasher hasher;
  KIP_TRY(const std::uint64_t size, read_in_pieces(*file, [&](BytesView piece) -> Result<void> {
            hasher.update(piece);
            return {};
          }));
  return FileDigest{hasher.finish(), size};
}

}  // namespace kip
