#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/package/zip_container.hpp>

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

/// A pattern without a file is a typing error; as an editable one it would let an update overwrite the customer's file.
Result<void> expect_matches(std::string_view what, const std::vector<PathPattern>& patterns,
                            const std::vector<ScannedFile>& scanned) {
  for (const PathPattern& pattern : patterns) {
    const bool used = std::any_of(scanned.begin(), scanned.end(),
                                  [&](const ScannedFile& file) { return pattern.matches(file.path); });
    if (used) continue;
    return fail(ErrorCode::malformed,
                fmt::format("no file matches the {} pattern \"{}\"; correct or remove it", what, pattern.str()));
  }
  return {};
}

bool matches_any(const std::vector<PathPattern>& patterns, const SafeRelativePath& path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&path](const PathPattern& pattern) { return pattern.matches(path); });
}

/// The content of a ZIP container in the form in which it is packed. It is made twice, for its hash and to be written,
/// so that a folder needs no copy.
Result<Bytes> read_normalized(FileSystem& files, const std::filesystem::path& path) {
  constexpr std::uint64_t kMaxZip = 256U << 20U;
  KIP_TRY(const Bytes bytes, read_file(files, path, kMaxZip));
  auto out = normalize_zip(bytes);
  if (out) return out;
  return fail_while(path.string(), std::move(out).error());
}

/// Gives the files that are to be normalised the hash and size of what is packed.
Result<void> normalize(FileSystem& files, const PackRequest& request, std::vector<ScannedFile>& scanned) {
  const auto& patterns = request.description.normalize_zip;
  KIP_TRY_VOID(expect_matches("normalize_zip", patterns, scanned));
  for (ScannedFile& file : scanned) {
    if (!matches_any(patterns, file.path)) continue;
    KIP_TRY(const Bytes bytes, read_normalized(files, request.folder / file.path.str()));
    file.sha256 = sha256(bytes);
    file.size = bytes.size();
  }
  return {};
}

/// Names that installs need for themselves.
Result<void> expect_free_names(const PackageManifest& manifest) {
  for (const PackageFile& file : manifest.content().files) {
    const std::string key = file.path.collision_key();
    if (key.substr(0, key.find('/')) == PackageManifest::kUpdatersFolder) {
      return fail(ErrorCode::malformed, fmt::format("{}: the folder {} is the updater's own at customers; rename it",
                                                    file.path.str(), PackageManifest::kUpdatersFolder));
    }
    const std::string beside = file.path.str() + std::string(PackageManifest::kBesideEnding);
    if (file.kind == PackageFileKind::editable && manifest.find(beside) != nullptr) {
      return fail(
          ErrorCode::malformed,
          fmt::format("{}: a new {} is put there where a customer has edited it; rename it", beside, file.path.str()));
    }
  }
  return {};
}

Result<PackageManifest> describe(const PackRequest& request, const std::vector<ScannedFile>& scanned) {
  const auto& patterns = request.description.editable;
  KIP_TRY_VOID(expect_matches("editable", patterns, scanned));
  PackageContent content{request.product, request.version, request.description.subject, {}};
  for (const ScannedFile& file : scanned) {
    const auto kind = matches_any(patterns, file.path) ? PackageFileKind::editable : PackageFileKind::managed;
    content.files.push_back({file.path, file.sha256, file.size, file.executable, kind});
  }
  auto manifest = PackageManifest::create(std::move(content));
  if (!manifest)
    return fail(manifest.error().code, manifest.error().message + "; correct the folder or its description");
  KIP_TRY_VOID(expect_free_names(*manifest));
  return manifest;
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
Result<FileDigest> write_archive(FileSystem& files, ArchiveOutput& output, const PackRequest& request,
                                 const PackageManifest& manifest, Meter& meter) {
  KIP_TRY_VOID(output.add(std::string(PackageManifest::kPath), manifest.bytes(), kFileMode));
  for (const PackageFile& file : manifest.content().files) {
    const std::filesystem::path path = request.folder / file.path.str();
    if (matches_any(request.description.normalize_zip, file.path)) {
      KIP_TRY(const Bytes bytes, read_normalized(files, path));
      if (sha256(bytes) != file.sha256) return ArchiveOutput::changed(path);
      KIP_TRY_VOID(output.add(file.path.str(), bytes, file.mode()));
      KIP_TRY_VOID(meter.add(bytes.size()));
      continue;
    }
    KIP_TRY_VOID(output.add_file(file.path.str(), file.mode(), {files, path}, {file.sha256, file.size},
                                 [&meter](std::uint64_t octets) { return meter.add(octets); }));
  }
  return output.finish();
}

}  // namespace

Result<WrittenPackage> write_package(FileSystem& files, const PackRequest& request, const PackProgress& progress) {
  KIP_TRY_VOID(expect_outside(request));
  KIP_TRY(auto scanned, scan_folder(files, request.folder));
  KIP_TRY_VOID(normalize(files, request, scanned));
  KIP_TRY(PackageManifest manifest, describe(request, scanned));
  const Sha256Digest identity = sha256(manifest.bytes());
  Meter meter(progress, manifest.total_size());
  KIP_TRY_VOID(meter.add(0));
  KIP_TRY(const auto output, ArchiveOutput::create(files, request.output, {}));
  KIP_TRY(const FileDigest written, write_archive(files, *output, request, manifest, meter));
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
