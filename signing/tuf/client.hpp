#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <signing/tuf/trusted_set.hpp>

namespace kip::tuf {

/// Where metadata comes from. `file_name` is relative to the metadata base, "2.root.json". Not thread-safe.
class MetadataFetcher {
 public:
  virtual ~MetadataFetcher() = default;
  /// Nothing where the file does not exist there. Errors: network; too_large beyond max_bytes.
  virtual Result<std::optional<Bytes>> fetch(std::string_view file_name, std::size_t max_bytes) = 0;
};

/// Where the exact bytes of accepted metadata are kept, one file per role. Not thread-safe.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;
  /// Nothing where the role was never stored. Errors: storage.
  virtual Result<std::optional<Bytes>> load(std::string_view role) = 0;
  /// Replaces atomically and durably. Errors: storage, disk_full.
  virtual Result<void> save(std::string_view role, BytesView bytes) = 0;
};

/// A target as its role lists it.
struct TargetInfo {
  std::string path;
  TargetFile file;
  std::string role;
  /// Relative to the targets base: "forms/<sha256>.name" where the repository has consistent snapshots.
  std::string location;
};

/// The client's workflow over a fetcher and a store. What was accepted is stored at once, so that a failure at any step
/// leaves a state from which the next run goes on. Not thread-safe. Source: TUF specification 5.
class Client {
 public:
  /// The store must hold a trusted root. Errors: not_found without one; malformed, signature.
  static Result<Client> open(MetadataFetcher& fetcher, MetadataStore& store, Instant now, const Limits& limits = {});

  /// Roots, timestamp, snapshot, targets. Errors: those of TrustedSet, of fetcher and of store.
  Result<void> refresh();

  /// Looks a target up through the delegations, depth first. Nothing where no role lists it. Needs refresh().
  Result<std::optional<TargetInfo>> find(std::string_view target_path);

  /// Metadata of a role that the top-level targets delegate to, loaded where needed. Needs refresh().
  Result<const Targets*> delegated(std::string_view role);

  const TrustedSet& trusted() const { return trusted_; }

 private:
  Client(TrustedSet trusted, MetadataFetcher& fetcher, MetadataStore& store)
      : trusted_(std::move(trusted)), fetcher_(fetcher), store_(store) {}

  Result<void> update_roots();
  Result<void> update_timestamp();
  Result<void> update_snapshot();
  Result<void> load_targets(std::string_view role, std::string_view parent);
  Result<Bytes> fetch_required(const std::string& name, std::size_t max_bytes);
  /// "7.snapshot.json" or "snapshot.json", by the root's consistent_snapshot.
  std::string versioned(std::string_view role, std::int64_t version) const;

  TrustedSet trusted_;
  MetadataFetcher& fetcher_;
  MetadataStore& store_;
};

/// Percent-encoded with nothing but unreserved characters left: a role's name in a URL or as a file name.
std::string encode_role(std::string_view role);

/// Where a target lies under the targets base. Source: TUF 5.7.3 and 6.2.
std::string target_location(std::string_view path, const TargetFile& file, bool consistent_snapshot);

}  // namespace kip::tuf
