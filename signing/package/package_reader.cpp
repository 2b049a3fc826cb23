#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/tar_reader.hpp>
#include <signing/package/zstd_stream.hpp>

namespace kip {
namespace {

constexpr unsigned kManifestMode = 0644;
constexpr unsigned kDirectoryMode = 0755;
/// An entry's headers and padding: at most a pax header, its records for a path of 1 KiB, and a header.
constexpr std::uint64_t kEntryOverhead = 4096;
/// What may be decoded before the manifest is known: itself, and what comes out in the same piece.
constexpr std::uint64_t kManifestOutput = PackageManifest::kMaxBytes + (1U << 20U);

/// Gives the file to write an entry to; null where it is only checked.
using OpenEntry = std::function<Result<std::unique_ptr<OutputFile>>(const PackageFile&)>;

std::uint64_t archive_bound(const PackageManifest& manifest) {
  return manifest.bytes().size() + manifest.total_size() + (manifest.content().files.size() + 2) * kEntryOverhead;
}

class PackageStream {
 public:
  explicit PackageStream(std::unique_ptr<InputFile> file)
      : file_(std::move(file)), decoder_(*file_, kManifestOutput), tar_([this] { return decoder_.next(); }) {}
  PackageStream(const PackageStream&) = delete;
  PackageStream& operator=(const PackageStream&) = delete;

  /// Call once, first.
  Result<PackageManifest> read_manifest() {
    KIP_TRY(const auto entry, tar_.next());
    if (!entry || entry->unchecked_path != PackageManifest::kPath) {
      return fail(ErrorCode::malformed, fmt::format("its first entry is not {}", PackageManifest::kPath));
    }
    if (entry->size > PackageManifest::kMaxBytes) {
      return fail(ErrorCode::too_large, "its manifest has more than 8 MiB");
    }
    KIP_TRY_VOID(expect_mode(*entry, kManifestMode));
    Bytes bytes;
    while (bytes.size() < entry->size) {
      KIP_TRY(const BytesView piece, tar_.read());
      bytes += piece;
    }
    if (!is_utf8(bytes)) return fail(ErrorCode::malformed, "its manifest is not UTF-8");
    KIP_TRY(PackageManifest manifest, PackageManifest::parse(bytes));
    decoder_.limit_output(archive_bound(manifest));
    return manifest;
  }

  /// Every file of the manifest and the end of the package.
  Result<void> read_files(const PackageManifest& manifest, const OpenEntry& open_entry) {
    for (const PackageFile& file : manifest.content().files) {
      KIP_TRY(const auto entry, tar_.next());
      if (!entry) return fail(ErrorCode::malformed, fmt::format("\"{}\" is missing in it", file.path.str()));
      if (entry->unchecked_path != file.path.str()) return unexpected_entry(manifest, file, *entry);
      if (entry->size != file.size) {
        return fail(ErrorCode::integrity,
                    fmt::format("\"{}\" has {} bytes, its manifest says {}", file.path.str(), entry->size, file.size));
      }
      KIP_TRY_VOID(expect_mode(*entry, file.mode()));
      KIP_TRY(const auto output, open_entry(file));
      KIP_TRY_VOID(read_content(file, output.get()));
    }
    KIP_TRY(const auto more, tar_.next());
    if (!more) return {};
    KIP_TRY_VOID(expect_safe(*more));
    return fail(ErrorCode::malformed,
                fmt::format("after its last file there is one more entry, \"{}\"", more->unchecked_path));
  }

 private:
  /// An unsafe path is named as such before anything else is said about it.
  static Result<void> expect_safe(const TarReader::Entry& entry) {
    const auto path = SafeRelativePath::parse(entry.unchecked_path);
    return path ? Result<void>() : Result<void>(Unexpected(path.error()));
  }

  static Result<void> expect_mode(const TarReader::Entry& entry, unsigned mode) {
    if (entry.mode == mode) return {};
    return fail(ErrorCode::integrity,
                fmt::format("\"{}\" has the mode {:04o}, it must have {:04o}", entry.unchecked_path, entry.mode, mode));
  }

  static Result<void> unexpected_entry(const PackageManifest& manifest, const PackageFile& expected,
                                       const TarReader::Entry& entry) {
    KIP_TRY_VOID(expect_safe(entry));
    const std::string& path = entry.unchecked_path;
    const bool listed = manifest.find(path) != nullptr;
    if (listed && path > expected.path.str()) {
      return fail(ErrorCode::malformed, fmt::format("\"{}\" is missing in it or out of order", expected.path.str()));
    }
    return fail(ErrorCode::malformed,
                fmt::format("it has an entry \"{}\" that {}", path,
                            listed || path == PackageManifest::kPath ? "is there twice or out of order"
                                                                     : "its manifest does not list"));
  }

  Result<void> read_content(const PackageFile& file, OutputFile* output) {
    Sha256Hasher hasher;
    while (true) {
      KIP_TRY(const BytesView piece, tar_.read());
      if (piece.empty()) break;
      hasher.update(piece);
      if (output != nullptr) KIP_TRY_VOID(output->write(piece));
    }
    if (output != nullptr) KIP_TRY_VOID(output->close());
    if (hasher.finish() == file.sha256) return {};
    return fail(ErrorCode::integrity,
                fmt::format("the content of \"{}\" is not what its manifest says", file.path.str()));
  }

  std::unique_ptr<InputFile> file_;
  ZstdDecoder decoder_;
  TarReader tar_;
};

/// Passes a file on and hashes it as it is read.
class HashedInput final : public InputFile {
 public:
  HashedInput(std::unique_ptr<InputFile> file, Sha256Hasher& hasher, std::uint64_t& size)
      : file_(std::move(file)), hasher_(hasher), size_(size) {}

  Result<std::size_t> read(std::span<char> out) override {
    KIP_TRY(const std::size_t count, file_->read(out));
    hasher_.update(BytesView(out.data(), count));
    size_ += count;
    return count;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    return file_->read_at(offset, out);
  }
  Result<std::uint64_t> size() override { return file_->size(); }

 private:
  std::unique_ptr<InputFile> file_;
  Sha256Hasher& hasher_;
  std::uint64_t& size_;
};

/// A directory that is ours alone, to unpack into.
class Staging {
 public:
  static Result<Staging> prepare(FileSystem& files, const std::filesystem::path& staging) {
    // "DIR/" is DIR: what is removed again is named by the last component.
    const auto root = staging.has_filename() ? staging : staging.parent_path();
    const auto made = files.make_directory(root, kDirectoryMode);
    if (made) return Staging(files, root, true);
    if (made.error().code != ErrorCode::conflict) return Unexpected(made.error());
    KIP_TRY(const FileStatus status, files.status(root));
    if (status.kind == FileKind::directory) {
      KIP_TRY(const auto names, files.list_directory(root));
      if (names.empty()) return Staging(files, root, false);
    }
    return fail(ErrorCode::conflict, fmt::format("unpacking into {}: it is not an empty directory; remove it or "
                                                 "choose another one",
                                                 root.string()));
  }

  Result<std::unique_ptr<OutputFile>> open(const PackageFile& file) {
    const std::string& path = file.path.str();
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const auto [name, is_new] = directories_.insert(path.substr(0, slash));
      if (is_new) KIP_TRY_VOID(files_.make_directory(root_ / *name, kDirectoryMode));
    }
    return files_.open_output(root_ / path, OutputMode::create_new, file.mode());
  }

  Result<void> make_durable() {
    KIP_TRY_VOID(files_.sync_tree(root_));
    return files_.sync_directory(directory_of(root_));
  }

  /// Takes back all that was made.
  Result<void> discard() {
    if (is_new_) return files_.remove_tree(root_);
    KIP_TRY(const auto names, files_.list_directory(root_));
    for (const std::string& name : names)
      KIP_TRY_VOID(files_.remove_tree(root_ / name));
    return {};
  }

 private:
  Staging(FileSystem& files, std::filesystem::path root, bool is_new)
      : files_(files), root_(std::move(root)), is_new_(is_new) {}

  FileSystem& files_;
  std::filesystem::path root_;
  bool is_new_;
  std::set<std::string> directories_;
};

Result<std::unique_ptr<OutputFile>> check_only(const PackageFile& /*file*/) {
  return std::unique_ptr<OutputFile>();
}

Result<PackageManifest> read_package(std::unique_ptr<InputFile> file, const std::optional<Sha256Digest>& identity,
                                     const OpenEntry& open_entry) {
  PackageStream stream(std::move(file));
  KIP_TRY(PackageManifest manifest, stream.read_manifest());
  const Sha256Digest found = sha256(manifest.bytes());
  if (identity && found != *identity) {
    return fail(ErrorCode::integrity, fmt::format("its identity is {}, expected was {}", found.hex(), identity->hex()));
  }
  if (open_entry) KIP_TRY_VOID(stream.read_files(manifest, open_entry));
  return manifest;
}

/// Names the package in a fault of the package; what the file system says names its path already. Control characters
/// go, so that no package writes to a terminal what its author likes.
template <class T>
Result<T> with_context(Result<T> result, const std::filesystem::path& package) {
  if (result) return result;
  Error error = std::move(result).error();
  const bool at_fault =
      error.code == ErrorCode::malformed || error.code == ErrorCode::integrity || error.code == ErrorCode::too_large;
  if (!at_fault) return Unexpected(std::move(error));
  std::replace_if(
      error.message.begin(), error.message.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  error.message += "; do not use it, get it again";
  return fail_while(fmt::format("the package {}", package.string()), std::move(error));
}

struct Steps {
  std::function<Result<void>()> before_file = [] { return Result<void>(); };
  std::function<Result<void>(Staging&)> at_end = [](Staging&) { return Result<void>(); };
};

Result<PackageManifest> unpack(FileSystem& files, const std::filesystem::path& package,
                               const std::optional<Sha256Digest>& identity, const std::filesystem::path& folder,
                               const Steps& steps) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  KIP_TRY(Staging staging, Staging::prepare(files, folder));
  const auto open_entry = [&](const PackageFile& entry) -> Result<std::unique_ptr<OutputFile>> {
    KIP_TRY_VOID(steps.before_file());
    return staging.open(entry);
  };
  const auto attempt = [&]() -> Result<PackageManifest> {
    KIP_TRY(PackageManifest manifest, with_context(read_package(std::move(file), identity, open_entry), package));
    KIP_TRY_VOID(steps.at_end(staging));
    return manifest;
  };
  auto manifest = attempt();
  if (manifest) return manifest;
  Error error = std::move(manifest).error();
  if (const auto removed = staging.discard(); !removed) error.message += "; then " + removed.error().message;
  return Unexpected(std::move(error));
}

}  // namespace

Result<PackageManifest> read_package_manifest(FileSystem& files, const std::filesystem::path& package) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  return with_context(read_package(std::move(file), std::nullopt, nullptr), package);
}

Result<PackageManifest> verify_package(FileSystem& files, const std::filesystem::path& package,
                                       const std::optional<Sha256Digest>& identity) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  return with_context(read_package(std::move(file), identity, check_only), package);
}

Result<InspectedPackage> inspect_package(FileSystem& files, const std::filesystem::path& package) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  Sha256Hasher hasher;
  std::uint64_t size = 0;
  auto hashed = std::make_unique<HashedInput>(std::move(file), hasher, size);
  KIP_TRY(PackageManifest manifest, with_context(read_package(std::move(hashed), std::nullopt, check_only), package));
  return InspectedPackage{std::move(manifest), {hasher.finish(), size}};
}

Result<PackageManifest> extract_package(FileSystem& files, const std::filesystem::path& package,
                                        const std::optional<Sha256Digest>& identity,
                                        const std::filesystem::path& staging) {
  return unpack(files, package, identity, staging, {});
}

Result<PackageManifest> extract_package_durably(FileSystem& files, const std::filesystem::path& package,
                                                const std::filesystem::path& folder,
                                                const std::function<Result<void>()>& proceed) {
  return unpack(files, package, std::nullopt, folder,
                {.before_file = proceed, .at_end = [](Staging& staging) { return staging.make_durable(); }});
}

}  // namespace kip
