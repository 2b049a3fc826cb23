#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/model/package_parts.hpp>

namespace kip {

/// Who owns an installed file: a managed one with another hash is corrupted, an editable one is the customer's.
enum class PackageFileKind { managed, editable };

struct PackageFile {
  SafeRelativePath path;
  Sha256Digest sha256;
  std::uint64_t size = 0;
  bool executable = false;  ///< mode 0755 instead of 0644
  PackageFileKind kind = PackageFileKind::managed;

  unsigned mode() const { return executable ? 0755U : 0644U; }
  bool operator==(const PackageFile&) const = default;
};

/// All that a manifest says.
struct PackageContent {
  ProductId product;
  Version version;
  PackageSubject subject;
  std::vector<PackageFile> files;

  bool operator==(const PackageContent&) const = default;
};

/// The first entry of a package, "kip.package/1": what it is for and every file in it. A value; immutable.
///
/// There is one sequence of bytes for one content, and the identity of a package is the SHA-256 of those bytes. Lists
/// are strictly ascending: acts, versions, forms by code and schema version, files and removals by the bytes of their
/// paths. No two paths are one on a file system that folds case or normalises, none is a directory of another, and none
/// lies in "kip/". Format: docs/formats/package.md.
class PackageManifest {
 public:
  static constexpr std::size_t kMaxBytes = 8U << 20U;
  static constexpr std::size_t kMaxFiles = 100'000;
  static constexpr std::uint64_t kMaxFileSize = std::uint64_t{4} << 30U;
  static constexpr std::uint64_t kMaxTotalSize = std::uint64_t{16} << 30U;
  /// Its path inside the archive.
  static constexpr std::string_view kPath = "kip/manifest.json";
  /// The updater's own: a folder in the application's, and what stands beside a file that the customer has edited.
  static constexpr std::string_view kUpdatersFolder = ".kip";
  static constexpr std::string_view kBesideEnding = ".kip-new";

  /// Sorts the lists and checks them. Errors: malformed, too_large.
  static Result<PackageManifest> create(PackageContent content);
  /// Errors: malformed, also where the bytes are not those that create() would write; too_large.
  static Result<PackageManifest> parse(BytesView bytes);

  const PackageContent& content() const { return content_; }
  /// As read or written.
  const Bytes& bytes() const { return bytes_; }
  Sha256Digest identity(const Sha256Function& sha256) const { return sha256(bytes_); }

  /// The bytes of the same with other hashes, one for each file in their order.
  Bytes bytes_with(const std::vector<Sha256Digest>& hashes) const;
  PackageManifest with_hashes(const std::vector<Sha256Digest>& hashes) &&;
  /// Null where there is no such file.
  const PackageFile* find(std::string_view path) const;
  /// Octets of all files together.
  std::uint64_t total_size() const;
  /// Whether this release may follow that one.
  bool follows(const Version& version) const;

 private:
  PackageManifest(PackageContent content, Bytes bytes, bool is_later)
      : content_(std::move(content)), bytes_(std::move(bytes)), is_later_(is_later) {}

  PackageContent content_;
  Bytes bytes_;
  bool is_later_;  ///< of a later minor version: the bytes may have members that the content has not
};

}  // namespace kip
