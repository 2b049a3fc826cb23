#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/safe_path.hpp>
#include <manifests/core/version.hpp>

namespace kip {

inline constexpr std::string_view kOfflineType = "application/vnd.kip.offline+json";

/// What an officer signs about an offline bundle: that the repository was in this state at `created_at`, and may be
/// installed from a file until `valid_until`. Payload of an envelope of type kOfflineType, "kip.offline/1".
/// Format: docs/formats/bundle.md
struct OfflineStatement {
  /// The longest time that a statement can be good for.
  static constexpr std::chrono::days kMaxLife{90};

  TenantId tenant;
  ProductId product;
  Version version;         ///< that the rollout names
  Sha256Digest manifest;   ///< identity of its package
  Sha256Digest timestamp;  ///< of the bytes of timestamp.json: all other metadata follows from it
  Instant created_at;
  Instant valid_until;

  bool operator==(const OfflineStatement&) const = default;
};

/// Errors: malformed, also where it is good for longer than kMaxLife or ends before it begins.
Result<OfflineStatement> parse_offline_statement(BytesView payload);
json::Value to_json(const OfflineStatement& statement);

/// One file in a bundle.
struct BundleEntry {
  SafeRelativePath path;
  std::uint64_t size = 0;
  Sha256Digest sha256;

  bool operator==(const BundleEntry&) const = default;
};

/// The first entry of a bundle, "kip.bundle/1": what follows it, in this order. Nothing in it is signed.
struct BundleIndex {
  static constexpr std::size_t kMaxBytes = 1U << 20U;
  static constexpr std::size_t kMaxEntries = 1000;
  static constexpr std::uint64_t kMaxEntryBytes = std::uint64_t{4} << 30U;
  // Paths in a bundle.
  static constexpr std::string_view kPath = "bundle.json";
  static constexpr std::string_view kStatementPath = "statement.json";
  static constexpr std::string_view kMetadata = "metadata/";
  static constexpr std::string_view kTargets = "targets/";

  TenantId tenant;
  ProductId product;
  Version version;
  Instant created_at;
  Instant valid_until;
  std::vector<BundleEntry> entries;  ///< the statement first

  bool operator==(const BundleIndex&) const = default;
};

/// Errors: malformed, also where a path stands twice or is none of a bundle's; too_large.
Result<BundleIndex> parse_bundle_index(BytesView bytes);
Bytes to_bytes(const BundleIndex& index);

}  // namespace kip
