#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>

#include "archive_output.hpp"

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

/// Manifest and files through tar and zstd into the output; returns the digest of what was written there.
Result<FileDigest> write_archive(ArchiveOutput& output, const std::filesystem::path& folder,
                                 const PackageManifest& manifest, Meter& meter) {
  KIP_TRY_VOID(output.add(std::string(PackageManifest::kPath), manifest.bytes(), kFileMode));
  for (const PackageFile& file : manifest.content().files) {
    KIP_TRY_VOID(output.add_file(file.path.str(), file.mode(), folder / file.path.str(), {file.sha256, file.size},
                                 [&meter](std::uint64_t octets) { return meter.add(octets); }));
  }
  return output.finish();
}

}  // namespace

Result<WrittenPackage> write_package(FileSystem& files, const PackRequest& request, const PackProgress& progress) {
  KIP_TRY_VOID(expect_outside(request));
  KIP_TRY(const auto scanned, scan_folder(files, request.folder));
  KIP_TRY(PackageManifest manifest, describe(request, scanned));
  const Sha256Digest identity = sha256(manifest.bytes());
  Meter meter(progress, manifest.total_size());
  KIP_TRY_VOID(meter.add(0));
  KIP_TRY(const auto output, ArchiveOutput::create(files, request.output, {}));
  KIP_TRY(const FileDigest written, write_archive(*output, request.folder, manifest, meter));
  if (const auto verified = verify_package(files, output->temporary_path(), identity); !verified) {
    if (verified.error().code == ErrorCode::too_large) {
      return fail(ErrorCode::too_large,
                  "installs would refuse this package as one that is made to fill their disk: its files shrink by more "
                  "than a thousand times. Nothing was written; put what shrinks so much into a .zip and pack that");
    }
    return fail_while("reading the new package back", verified.error());
  }
  KIP_TRY_VOID(meter.add(0));
  KIP_TRY_VOID(output->commit(written));
  return WrittenPackage{std::move(manifest), identity, written.sha256, written.size};
}

}  // namespace kip
