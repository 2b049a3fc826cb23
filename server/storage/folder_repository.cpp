#include <atomic>

#include <fmt/format.h>

#include <manifests/core/safe_path.hpp>
#include <server/storage/folder_repository.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/file_check.hpp>

namespace kip::server {
namespace {

constexpr unsigned kServedFile = 0644;
constexpr unsigned kServedFolder = 0755;
constexpr unsigned kPrivateFolder = 0700;
constexpr int kMaxDepth = 8;
constexpr std::uint64_t kMaxSmallTarget = 1U << 20U;
constexpr tuf::Limits kLimits;

/// Each upload has a temporary file of its own, so that two uploads of one target do not meet.
std::filesystem::path upload_name(const std::filesystem::path& path) {
  static std::atomic<std::uint64_t> counter{0};
  return path.parent_path() / fmt::format("{}.{}.part", path.filename().string(), ++counter);
}

class FolderUpload final : public TargetUpload {
 public:
  static Result<std::unique_ptr<TargetUpload>> create(FileSystem& files, const std::filesystem::path& path,
                                                      const Sha256Digest& digest) {
    auto out = std::unique_ptr<FolderUpload>(new FolderUpload(files, path, digest));
    auto file = files.open_output(out->temporary_, OutputMode::create_new, kServedFile);
    if (!file && file.error().code == ErrorCode::conflict) {  // left by a process that was killed
      KIP_TRY_VOID(files.remove(out->temporary_));
      file = files.open_output(out->temporary_, OutputMode::create_new, kServedFile);
    }
    if (!file) return Unexpected(std::move(file).error());
    out->file_ = *std::move(file);
    return std::unique_ptr<TargetUpload>(std::move(out));
  }

  ~FolderUpload() override {
    if (finished_) return;
    file_.reset();
    static_cast<void>(files_.remove(temporary_));
  }

  Result<void> write(BytesView piece) override {
    hasher_.update(piece);
    length_ += piece.size();
    return file_->write(piece);
  }

  Result<std::uint64_t> finish() override {
    const Sha256Digest found = hasher_.finish();
    if (found != digest_) {
      return fail(ErrorCode::integrity,
                  fmt::format("the uploaded target has the hash {}, announced was {}", found.hex(), digest_.hex()));
    }
    KIP_TRY_VOID(file_->sync());
    KIP_TRY_VOID(file_->close());
    file_.reset();
    KIP_TRY_VOID(files_.rename(temporary_, path_));
    finished_ = true;
    KIP_TRY_VOID(files_.sync_directory(directory_of(path_)));
    return length_;
  }

 private:
  FolderUpload(FileSystem& files, const std::filesystem::path& path, const Sha256Digest& digest)
      : files_(files), path_(path), temporary_(upload_name(path)), digest_(digest) {}

  FileSystem& files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Sha256Digest digest_;
  Sha256Hasher hasher_;
  std::unique_ptr<OutputFile> file_;
  std::uint64_t length_ = 0;
  bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<FolderRepository>> FolderRepository::open(FileSystem& files, const std::filesystem::path& root) {
  KIP_TRY_VOID(make_directories(files, root / "metadata", kServedFolder));
  KIP_TRY_VOID(make_directories(files, root / "targets", kServedFolder));
  KIP_TRY_VOID(make_directories(files, root / "incoming", kPrivateFolder));
  KIP_TRY_VOID(files.sync_directory(root));
  KIP_TRY_VOID(files.sync_directory(directory_of(root)));
  return std::unique_ptr<FolderRepository>(new FolderRepository(files, root));
}

Result<std::unique_ptr<FileLock>> FolderRepository::lock() {
  return files_.lock(root_ / "publish.lock");
}

Result<std::optional<Bytes>> FolderRepository::read_metadata(const std::string& name, std::size_t max_bytes) {
  auto bytes = read_file(files_, root_ / "metadata" / name, max_bytes);
  if (bytes) return std::optional<Bytes>(*std::move(bytes));
  if (bytes.error().code == ErrorCode::not_found) return std::optional<Bytes>();
  return Unexpected(std::move(bytes).error());
}

Result<std::vector<Bytes>> FolderRepository::roots() {
  std::vector<Bytes> out;
  while (true) {
    KIP_TRY(auto root, read_metadata(fmt::format("{}.root.json", out.size() + 1), kLimits.root_bytes));
    if (!root) return out;
    out.push_back(*std::move(root));
  }
}

Result<std::vector<tuf::NamedFile>> FolderRepository::all_metadata() {
  std::vector<tuf::NamedFile> out;
  KIP_TRY(const auto names, files_.list_directory(root_ / "metadata"));
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    KIP_TRY(auto bytes, read_metadata(name, kLimits.targets_bytes));
    if (bytes) out.push_back({name, *std::move(bytes)});
  }
  return out;
}

Result<Bytes> FolderRepository::read_listed(std::string_view role, const tuf::MetaFile& meta, std::size_t max_bytes) {
  const std::string name = fmt::format("{}.{}.json", meta.version, tuf::encode_role(role));
  KIP_TRY(auto bytes, read_metadata(name, max_bytes));
  if (!bytes) return fail(ErrorCode::integrity, fmt::format("the repository lists {}, which is not there", name));
  KIP_TRY_VOID(tuf::check_file(*bytes, meta.length, meta.hashes, name));
  return *std::move(bytes);
}

Result<tuf::RepositoryFiles> FolderRepository::current() {
  tuf::RepositoryFiles out;
  KIP_TRY(auto all_roots, roots());
  if (all_roots.empty()) return out;
  out.root = std::move(all_roots.back());
  KIP_TRY(out.timestamp, read_metadata("timestamp.json", kLimits.timestamp_bytes));
  if (!out.timestamp) return out;
  KIP_TRY(const tuf::Document timestamp_document, tuf::parse_document(*out.timestamp, kLimits.timestamp_bytes));
  KIP_TRY(const tuf::Timestamp timestamp, tuf::read_timestamp(timestamp_document.body));
  KIP_TRY(out.snapshot, read_listed(tuf::kSnapshot, timestamp.snapshot, kLimits.snapshot_bytes));
  KIP_TRY(const tuf::Document snapshot_document, tuf::parse_document(*out.snapshot, kLimits.snapshot_bytes));
  KIP_TRY(const tuf::Snapshot snapshot, tuf::read_snapshot(snapshot_document.body));
  for (const auto& [file, meta] : snapshot.meta) {
    const std::string role = file.substr(0, file.size() - std::string_view(".json").size());
    KIP_TRY(Bytes bytes, read_listed(role, meta, kLimits.targets_bytes));
    if (role == tuf::kTargets) {
      out.targets = std::move(bytes);
    } else {
      out.delegated.emplace(role, std::move(bytes));
    }
  }
  return out;
}

Result<std::unique_ptr<TargetUpload>> FolderRepository::begin_upload(const Sha256Digest& digest) {
  return FolderUpload::create(files_, incoming(digest), digest);
}

Result<std::optional<std::uint64_t>> FolderRepository::size_of(const std::filesystem::path& path) {
  const auto status = files_.status(path);
  if (status && status->kind == FileKind::file) return std::optional<std::uint64_t>(status->size);
  if (!status && status.error().code != ErrorCode::not_found) return Unexpected(status.error());
  return std::optional<std::uint64_t>();
}

Result<std::optional<std::filesystem::path>> FolderRepository::find_below(const std::filesystem::path& folder,
                                                                          const std::string& prefix, int depth) {
  KIP_TRY(const auto names, files_.list_directory(folder));
  for (const std::string& name : names) {
    KIP_TRY(const FileStatus status, files_.status(folder / name));
    if (status.kind == FileKind::file && name.starts_with(prefix)) {
      return std::optional<std::filesystem::path>(folder / name);
    }
    if (status.kind != FileKind::directory || depth == 0) continue;
    KIP_TRY(auto found, find_below(folder / name, prefix, depth - 1));
    if (found) return found;
  }
  return std::optional<std::filesystem::path>();
}

Result<std::optional<std::uint64_t>> FolderRepository::find_target(const Sha256Digest& digest) {
  KIP_TRY(const auto uploaded, size_of(incoming(digest)));
  if (uploaded) return uploaded;
  KIP_TRY(const auto placed, find_below(root_ / "targets", digest.hex() + ".", kMaxDepth));
  if (!placed) return std::optional<std::uint64_t>();
  return size_of(*placed);
}

Result<Bytes> FolderRepository::read_upload(const Sha256Digest& digest, std::uint64_t max_bytes) {
  return read_file(files_, incoming(digest), max_bytes);
}

Result<Bytes> FolderRepository::read_manifest_of(const Sha256Digest& digest) {
  std::optional<std::filesystem::path> path = incoming(digest);
  KIP_TRY(const auto uploaded, size_of(*path));
  if (!uploaded) {
    KIP_TRY(path, find_below(root_ / "targets", digest.hex() + ".", kMaxDepth));
  }
  if (!path) return fail(ErrorCode::not_found, fmt::format("the package {} was not uploaded", digest.hex()));
  KIP_TRY(const PackageManifest manifest, read_package_manifest(files_, *path));
  return manifest.bytes();
}

Result<std::filesystem::path> FolderRepository::make_place(std::string_view location) {
  KIP_TRY(const SafeRelativePath safe, SafeRelativePath::parse(location));
  const std::filesystem::path path = root_ / "targets" / safe.str();
  KIP_TRY(const bool known, path_exists(files_, directory_of(path)));
  if (known) return path;
  KIP_TRY_VOID(make_directories(files_, directory_of(path), kServedFolder));
  // The new folders' names, up to the one that was there before.
  for (auto folder = directory_of(path); folder != root_; folder = directory_of(folder))
    KIP_TRY_VOID(files_.sync_directory(directory_of(folder)));
  return path;
}

Result<void> FolderRepository::place_target(std::string_view location, const Sha256Digest& digest,
                                            std::int64_t length) {
  const auto check_length = [&](std::uint64_t found) -> Result<void> {
    if (std::cmp_equal(found, length)) return {};
    return fail(ErrorCode::integrity, fmt::format("{} has {} bytes, signed were {}", location, found, length));
  };
  KIP_TRY(const auto path, make_place(location));
  KIP_TRY(const auto placed, size_of(path));
  if (placed) return check_length(*placed);
  const auto uploaded = incoming(digest);
  KIP_TRY(const auto size, size_of(uploaded));
  if (size) {
    KIP_TRY_VOID(check_length(*size));
    KIP_TRY_VOID(files_.rename(uploaded, path));
    return files_.sync_directory(directory_of(path));
  }
  // The same content under another name was published before, or a moment ago.
  KIP_TRY(const auto twin, find_below(root_ / "targets", digest.hex() + ".", kMaxDepth));
  if (!twin) {
    return fail(ErrorCode::not_found,
                fmt::format("the target {} was not uploaded (PUT /targets/{})", location, digest.hex()));
  }
  return copy_file(files_, *twin, Links::refuse, path, kServedFile);
}

Result<void> FolderRepository::write_target(std::string_view location, BytesView bytes) {
  KIP_TRY(const auto path, make_place(location));
  return replace_file(files_, path, bytes, kServedFile);
}

Result<Bytes> FolderRepository::read_target(std::string_view location) {
  KIP_TRY(const SafeRelativePath safe, SafeRelativePath::parse(location));
  return read_file(files_, root_ / "targets" / safe.str(), kMaxSmallTarget);
}

Result<Bytes> FolderRepository::read_manifest(std::string_view location) {
  KIP_TRY(const SafeRelativePath safe, SafeRelativePath::parse(location));
  KIP_TRY(const PackageManifest manifest, read_package_manifest(files_, root_ / "targets" / safe.str()));
  return manifest.bytes();
}

Result<void> FolderRepository::write_metadata(const std::vector<tuf::NamedFile>& files) {
  for (const tuf::NamedFile& file : files) {
    KIP_TRY(const SafeRelativePath safe, SafeRelativePath::parse(file.name));
    KIP_TRY_VOID(replace_file(files_, root_ / "metadata" / safe.str(), file.bytes, kServedFile));
  }
  return {};
}

}  // namespace kip::server
