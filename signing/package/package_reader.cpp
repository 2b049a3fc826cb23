#include <functional>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/tar_reader.hpp>
#include <signing/package/zstd_stream.hpp>

#include "entry_check.hpp"
#include "staging.hpp"
#include "write_behind.hpp"

namespace kip {
namespace {

constexpr std::string_view kKind = "package";
constexpr unsigned kManifestMode = 0644;
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

  /// Call once, first. `known` may be null.
  Result<PackageManifest> read_manifest(const PackageManifest* known) {
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
    const bool is_known = known != nullptr && known->bytes() == bytes;
    Result<PackageManifest> manifest = is_known ? *known : PackageManifest::parse(bytes);
    if (manifest) decoder_.limit_output(archive_bound(*manifest));
    return manifest;
  }

  /// Every file of the manifest and the end of the package.
  Result<void> read_files(const PackageManifest& manifest, const OpenEntry& open_entry) {
    for (const PackageFile& file : manifest.content().files) {
      KIP_TRY(const auto entry, tar_.next());
      if (!entry) return fail(ErrorCode::malformed, fmt::format("\"{}\" is missing in it", file.path.str()));
      if (entry->unchecked_path != file.path.str()) return unexpected_entry(manifest, file, *entry);
      KIP_TRY_VOID(expect_file(*entry, file));
      KIP_TRY(const auto output, open_entry(file));
      KIP_TRY_VOID(read_content(tar_, file, output.get()));
    }
    KIP_TRY(const auto more, tar_.next());
    if (!more) return {};
    KIP_TRY_VOID(expect_safe(*more));
    return fail(ErrorCode::malformed,
                fmt::format("after its last file there is one more entry, \"{}\"", more->unchecked_path));
  }

 private:
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

Result<std::unique_ptr<OutputFile>> check_only(const PackageFile& /*file*/) {
  return std::unique_ptr<OutputFile>();
}

using Accept = std::function<Result<void>(const PackageManifest&)>;

Result<void> accept_any(const PackageManifest& /*manifest*/) {
  return {};
}

Result<PackageManifest> read_package(std::unique_ptr<InputFile> file, const std::optional<Sha256Digest>& identity,
                                     const OpenEntry& open_entry, const Accept& accept = accept_any,
                                     const PackageManifest* known = nullptr) {
  PackageStream stream(std::move(file));
  KIP_TRY(PackageManifest manifest, stream.read_manifest(known));
  const Sha256Digest found = sha256(manifest.bytes());
  if (identity && found != *identity) {
    return fail(ErrorCode::integrity, fmt::format("its identity is {}, expected was {}", found.hex(), identity->hex()));
  }
  KIP_TRY_VOID(accept(manifest));
  if (open_entry) KIP_TRY_VOID(stream.read_files(manifest, open_entry));
  return manifest;
}

Result<PackageManifest> unpack(FileSystem& files, const std::filesystem::path& package,
                               const std::optional<Sha256Digest>& identity, const OpenEntry& open_entry,
                               const Accept& accept = accept_any) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  return with_context(read_package(std::move(file), identity, open_entry, accept), kKind, package);
}

/// Unpacks everything into a staging directory.
Result<PackageManifest> unpack_all(FileSystem& files, const std::filesystem::path& package,
                                   const std::optional<Sha256Digest>& identity, Staging& staging,
                                   const ExtractQuestions& ask) {
  WriteBehind writer([&](const PackageFile& entry) { return staging.open(entry); });
  const auto open_entry = [&](const PackageFile& entry) -> Result<std::unique_ptr<OutputFile>> {
    KIP_TRY_VOID(ask.proceed());
    return writer.open(entry);
  };
  KIP_TRY(PackageManifest manifest, unpack(files, package, identity, open_entry, ask.accept));
  KIP_TRY_VOID(writer.finish());
  return manifest;
}

}  // namespace

Result<PackageManifest> read_package_manifest(FileSystem& files, const std::filesystem::path& package) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  return with_context(read_package(std::move(file), std::nullopt, nullptr), kKind, package);
}

Result<PackageManifest> verify_package(FileSystem& files, const std::filesystem::path& package,
                                       const std::optional<Sha256Digest>& identity) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  return with_context(read_package(std::move(file), identity, check_only), kKind, package);
}

Result<InspectedPackage> inspect_package(FileSystem& files, const std::filesystem::path& package) {
  KIP_TRY(auto file, files.open_input(package, Links::follow));
  Sha256Hasher hasher;
  std::uint64_t size = 0;
  auto hashed = std::make_unique<HashedInput>(std::move(file), hasher, size);
  KIP_TRY(PackageManifest manifest,
          with_context(read_package(std::move(hashed), std::nullopt, check_only), kKind, package));
  return InspectedPackage{std::move(manifest), {hasher.finish(), size}};
}

Result<PackageManifest> extract_package(FileSystem& files, const std::filesystem::path& package,
                                        const std::optional<Sha256Digest>& identity,
                                        const std::filesystem::path& staging, const ExtractQuestions& ask) {
  return fill_staging(files, staging,
                      [&](Staging& folder) { return unpack_all(files, package, identity, folder, ask); });
}

Result<PackageManifest> extract_some(FileSystem& files, const std::filesystem::path& package, FileSystem& into,
                                     const std::filesystem::path& staging, const Selection& selection) {
  return fill_staging(into, staging, [&](Staging& folder) -> Result<PackageManifest> {
    const auto open = [&](const PackageFile& entry) -> Result<std::unique_ptr<OutputFile>> {
      KIP_TRY(const bool is_wanted, selection.wanted(entry));
      return is_wanted ? folder.open(entry) : check_only(entry);
    };
    KIP_TRY(auto file, files.open_input(package, Links::follow));
    return with_context(read_package(std::move(file), std::nullopt, open, accept_any, selection.known), kKind, package);
  });
}

Result<PackageManifest> extract_package_durably(FileSystem& files, const std::filesystem::path& package,
                                                const std::filesystem::path& folder,
                                                const std::function<Result<void>()>& proceed) {
  return fill_staging(files, folder, [&](Staging& staging) -> Result<PackageManifest> {
    KIP_TRY(PackageManifest manifest, unpack_all(files, package, std::nullopt, staging, {.proceed = proceed}));
    KIP_TRY_VOID(staging.make_durable());
    return manifest;
  });
}

}  // namespace kip
