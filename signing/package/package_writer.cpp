#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/package/tar_writer.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip {
namespace {

constexpr unsigned kFileMode = 0644;

Result<void> expect_outside(const PackRequest& request) {
  const auto relative = request.output.lexically_normal().lexically_relative(request.folder.lexically_normal());
  if (relative.empty() || *relative.begin() == "..") return {};
  return fail(ErrorCode::usage, fmt::format("the output {} lies in the folder that is packed; choose a place outside",
                                            request.output.string()));
}

/// A pattern without a file is a typing error that would let an update overwrite the customer's own file.
Result<void> expect_matches(const std::vector<PathPattern>& patterns, const std::vector<ScannedFile>& scanned) {
  for (const PathPattern& pattern : patterns) {
    const bool used = std::any_of(scanned.begin(), scanned.end(),
                                  [&](const ScannedFile& file) { return pattern.matches(file.path); });
    if (used) continue;
    return fail(ErrorCode::malformed,
                fmt::format("no file matches the editable pattern \"{}\"; correct or remove it", pattern.str()));
  }
  return {};
}

Result<PackageManifest> describe(const PackRequest& request, const std::vector<ScannedFile>& scanned) {
  const auto& patterns = request.description.editable;
  KIP_TRY_VOID(expect_matches(patterns, scanned));
  PackageContent content{request.product, request.version, request.description.subject, {}};
  for (const ScannedFile& file : scanned) {
    const bool editable = std::any_of(patterns.begin(), patterns.end(),
                                      [&](const PathPattern& pattern) { return pattern.matches(file.path); });
    const auto kind = editable ? PackageFileKind::editable : PackageFileKind::managed;
    content.files.push_back({file.path, file.sha256, file.size, file.executable, kind});
  }
  auto manifest = PackageManifest::create(std::move(content));
  if (manifest) return manifest;
  return fail(manifest.error().code, manifest.error().message + "; correct the folder or its description");
}

Unexpected changed(const std::filesystem::path& path) {
  return fail(ErrorCode::conflict,
              fmt::format("{} changed while it was packed; let nobody write there and pack again", path.string()));
}

/// Counts what was packed.
class Meter {
 public:
  Meter(const PackProgress& progress, std::uint64_t total) : progress_(progress), total_(total) {}

  Result<void> add(std::uint64_t octets) {
    done_ += octets;
    return progress_(done_, total_);
  }

 private:
  const PackProgress& progress_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
};

Result<void> write_entry(FileSystem& files, const std::filesystem::path& path, const PackageFile& file, TarWriter& tar,
                         Meter& meter) {
  KIP_TRY_VOID(tar.add(file.path.str(), file.size, file.mode()));
  KIP_TRY(const auto input, files.open_input(path, Links::refuse));
  Sha256Hasher hasher;
  std::uint64_t seen = 0;
  const auto take = [&](BytesView piece) -> Result<void> {
    seen += piece.size();
    if (seen > file.size) return changed(path);
    hasher.update(piece);
    KIP_TRY_VOID(tar.write(piece));
    return meter.add(piece.size());
  };
  KIP_TRY(const std::uint64_t size, read_in_pieces(*input, take));
  if (size != file.size || hasher.finish() != file.sha256) return changed(path);
  return {};
}

/// Manifest and files through tar and zstd into the output; returns the digest of what was written there.
Result<FileDigest> write_archive(FileSystem& files, const std::filesystem::path& folder,
                                 const PackageManifest& manifest, AtomicFile& output, Meter& meter) {
  Sha256Hasher hasher;
  std::uint64_t size = 0;
  ZstdEncoder encoder([&](BytesView bytes) -> Result<void> {
    hasher.update(bytes);
    size += bytes.size();
    return output.write(bytes);
  });
  TarWriter tar([&](BytesView bytes) { return encoder.write(bytes); });
  KIP_TRY_VOID(tar.add(std::string(PackageManifest::kPath), manifest.bytes().size(), kFileMode));
  KIP_TRY_VOID(tar.write(manifest.bytes()));
  for (const PackageFile& file : manifest.content().files)
    KIP_TRY_VOID(write_entry(files, folder / file.path.str(), file, tar, meter));
  KIP_TRY_VOID(tar.finish());
  KIP_TRY_VOID(encoder.finish());
  return FileDigest{hasher.finish(), size};
}

/// Whether the output is there already with just these bytes. Error conflict where it has others.
Result<bool> already_written(FileSystem& files, const std::filesystem::path& output, const FileDigest& written) {
  KIP_TRY(const bool exists, path_exists(files, output));
  if (!exists) return false;
  KIP_TRY(const FileDigest present, digest_file(files, output));
  if (present == written) return true;
  return fail(ErrorCode::conflict,
              fmt::format("{} exists already with other content; a released package never changes: "
                          "choose another version or output",
                          output.string()));
}

}  // namespace

Result<WrittenPackage> write_package(FileSystem& files, const PackRequest& request, const PackProgress& progress) {
  KIP_TRY_VOID(expect_outside(request));
  KIP_TRY(const auto scanned, scan_folder(files, request.folder));
  KIP_TRY(PackageManifest manifest, describe(request, scanned));
  const Sha256Digest identity = sha256(manifest.bytes());
  Meter meter(progress, manifest.total_size());
  KIP_TRY_VOID(meter.add(0));
  KIP_TRY(const auto output, AtomicFile::create(files, request.output, kFileMode));
  KIP_TRY(const FileDigest written, write_archive(files, request.folder, manifest, *output, meter));
  KIP_TRY_VOID(output->finish());
  if (const auto verified = verify_package(files, output->temporary_path(), identity); !verified) {
    if (verified.error().code == ErrorCode::too_large) {
      return fail(ErrorCode::too_large,
                  "installs would refuse this package as one that is made to fill their disk: its files shrink by more "
                  "than a thousand times. Nothing was written; put what shrinks so much into a .zip and pack that");
    }
    return fail_while("reading the new package back", verified.error());
  }
  KIP_TRY_VOID(meter.add(0));
  KIP_TRY(const bool present, already_written(files, request.output, written));
  if (!present) KIP_TRY_VOID(output->commit());
  return WrittenPackage{std::move(manifest), identity, written.sha256, written.size};
}

}  // namespace kip
