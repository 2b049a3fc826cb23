#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip {

/// One side of a delta: a version and the identity of its package.
struct DeltaEnd {
  Version version;
  Sha256Digest manifest;

  bool operator==(const DeltaEnd&) const = default;
};

/// Which package a delta makes of which. Also what officers sign about one beside its hash: the `custom` member of its
/// target, "kip.release-delta/1". Format: docs/formats/delta.md.
struct DeltaSubject {
  ProductId product;
  DeltaEnd from;
  DeltaEnd to;

  bool operator==(const DeltaSubject&) const = default;
};

/// Files that are made together, out of one patch: its base is the content of base files one after the other, its
/// result that of the new ones. Both are places in the lists of files of the two manifests, counted from 0.
struct DeltaPatch {
  std::vector<std::size_t> base;
  std::vector<std::size_t> files;  ///< ascending

  bool operator==(const DeltaPatch&) const = default;
};

/// A file of the new version that is copied, and the one of the base that it is copied from.
struct DeltaCopy {
  std::size_t base = 0;
  std::size_t file = 0;

  bool operator==(const DeltaCopy&) const = default;
};

/// The first entry of a delta, "kip.delta/1". What it does not name is copied from the file of the base with its path.
/// A value; the lists are not yet compared with the manifests, see plan_delta().
struct Delta {
  static constexpr std::size_t kMaxBytes = 8U << 20U;
  /// Octets of all base files of one patch, and of all that it makes: both are held in memory.
  static constexpr std::uint64_t kMaxPatched = 16U << 20U;
  static constexpr std::uint64_t kMaxPatch = 8U << 20U;
  /// Base files of all patches together; one may be in several.
  static constexpr std::size_t kMaxBases = 1'000'000;
  /// Of its JSON, which takes some 300 octets of memory for each: enough for 30,000 runs of files that change.
  static constexpr std::size_t kMaxValues = 200'000;
  /// Paths inside the archive.
  static constexpr std::string_view kPath = "kip/delta.json";
  static constexpr std::string_view kManifestPath = "kip/manifest.patch";

  DeltaSubject subject;
  std::vector<DeltaPatch> patches;
  std::vector<DeltaCopy> moved;    ///< copied from under another path; ascending by file
  std::vector<std::size_t> whole;  ///< ascending

  bool operator==(const Delta&) const = default;
};

/// Path of the patch with that number inside the archive.
std::string delta_patch_path(std::size_t number);

/// Errors: malformed, also where the bytes are not those that to_bytes() would write; too_large.
Result<Delta> parse_delta(BytesView bytes);
Bytes to_bytes(const Delta& delta);

/// The bytes of a manifest without what contents are hashed to: each hash is zero. A delta patches this, since a hash
/// that changes cannot be made smaller, and what was made tells it anyway.
Bytes outline_of(const PackageManifest& manifest);
/// Errors: as of PackageManifest::parse(); malformed where a hash is not zero.
Result<PackageManifest> parse_outline(BytesView bytes);

/// The copies that make a version complete out of `from`: for each managed file of `to` the managed one of `from` with
/// its content, where there is one: that with its path before any other, else the first. The customer's own files are
/// neither base nor copied.
std::vector<DeltaCopy> find_copies(const PackageManifest& from, const PackageManifest& to);

/// How many patches there may be: as each may have all of its base read once more, together they cost no more than a
/// few readings of both versions.
std::uint64_t most_patches(const PackageManifest& from, const PackageManifest& to);

/// The copies that a delta leaves to be done, in the order of the files, once each file of `to` is made in exactly one
/// way and within the limits. No hash is looked at: outlines are enough.
/// Errors: malformed where it is not, or a file may not be made so; too_large.
Result<std::vector<DeltaCopy>> plan_delta(const Delta& delta, const PackageManifest& from, const PackageManifest& to);

/// Errors: malformed.
Result<DeltaSubject> parse_delta_subject(const json::Value& custom);
json::Value to_json(const DeltaSubject& subject);

/// "PRODUCT/PRODUCT-VERSION.from-MANIFEST.kpd", in the role "product-PRODUCT".
std::string delta_target_path(const ProductId& product, const Version& to, const Sha256Digest& from);
/// Whether a target is a delta by its path.
bool is_delta_path(std::string_view path);
/// The subject of a delta that a role lists under that path. Errors: malformed, also where the path is another than its
/// subject's.
Result<DeltaSubject> read_listed_delta(std::string_view path, const json::Value& custom);

}  // namespace kip
