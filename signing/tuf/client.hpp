#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <signing/tuf/trusted_set.hpp>
#include <signing/tuf/verified.hpp>

namespace kip::tuf {

/// A file as a server has it now.
struct Fetched {
  std::optional<Bytes> bytes;  ///< nothing where it is still what the validators that were sent stand for
  Validators validators;
};

/// Where metadata comes from. `file_name` is relative to the metadata base, "2.root.json". Not thread-safe.
class MetadataFetcher {
 public:
  virtual ~MetadataFetcher() = default;
  /// Nothing where the file does not exist there. Errors: network; too_large beyond max_bytes.
  virtual Result<std::optional<Bytes>> fetch(std::string_view file_name, std::size_t max_bytes) = 0;
  /// The same for a file that must exist, unless it is still the one that `known`, if not empty, stands for.
  /// Errors: as fetch(); not_found.
  virtual Result<Fetched> fetch_unless(std::string_view file_name, std::size_t max_bytes, const Validators& known) = 0;
};

/// Where the exact bytes of accepted metadata are kept, one file per role. Not thread-safe.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;
  /// Nothing where the role was never stored. Errors: storage.
  virtual Result<std::optional<Bytes>> load(std::string_view role) = 0;
  /// Of what load() gives, for a caller that does not need the octets. Errors: storage.
  virtual Result<std::optional<Sha256Digest>> digest(std::string_view role) = 0;
  /// Replaces atomically and durably. Errors: storage, disk_full.
  virtual Result<void> save(std::string_view role, BytesView bytes) = 0;
  /// Durably; nothing there is no error. Errors: storage.
  virtual Result<void> remove(std::string_view role) = 0;
  /// What remember() was given last, or nothing. Losing it costs time only. Errors: storage.
  virtual Result<std::optional<Bytes>> recall() = 0;
  virtual Result<void> remember(BytesView note) = 0;
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
/// leaves a state from which the next run goes on. What an earlier run verified is not parsed or verified again as long
/// as it is the same to the last byte. Not thread-safe. Source: TUF specification 5.
class Client {
 public:
  /// The store must hold a trusted root. Errors: not_found without one; malformed, signature.
  static Result<Client> open(MetadataFetcher& fetcher, MetadataStore& store, const JudgedAt& judged_at,
                             const Limits& limits = {});

  /// Roots, timestamp, snapshot, targets. Errors: those of TrustedSet, of fetcher and of store.
  Result<void> refresh();

  /// Looks a target up through the delegations, depth first. Nothing where no role lists it. Needs refresh().
  /// Errors: as refresh(); too_large where the search ended at the bound on delegations.
  Result<std::optional<TargetInfo>> find(std::string_view target_path);

  /// Metadata of a role that the top-level targets delegate to, loaded where needed. Needs refresh().
  Result<const Targets*> delegated(std::string_view role);

  /// Takes in what refresh() found unchanged and left unread; find() and delegated() do so themselves.
  Result<void> load();
  /// Needs load().
  const TrustedSet& trusted() const;

 private:
  Client(MetadataFetcher& fetcher, MetadataStore& store, const JudgedAt& judged_at, const Limits& limits)
      : fetcher_(fetcher), store_(store), judged_at_(judged_at), limits_(limits) {}

  Result<void> recall();
  Result<std::optional<Sha256Digest>> digest_of(std::string_view role);
  Result<void> remember();
  Result<void> need_root();
  Result<void> update_roots();
  Result<void> take_root(const Bytes& bytes);
  Result<void> update_timestamp();
  Result<void> take_timestamp(const Bytes& bytes, const Validators& validators);
  bool timestamp_names_verified() const;
  Result<void> update_snapshot();
  Result<void> load_targets(std::string_view role, std::string_view parent);
  Result<void> take_in_kept();
  Result<void> keep(std::string_view role, const Bytes& bytes);
  Result<Bytes> fetch_required(const std::string& name, std::size_t max_bytes);
  /// "7.snapshot.json" or "snapshot.json", by the root's consistent_snapshot.
  std::string versioned(std::string_view role, std::int64_t version) const;

  MetadataFetcher& fetcher_;
  MetadataStore& store_;
  JudgedAt judged_at_;
  Limits limits_;
  std::map<std::string, Bytes, std::less<>> kept_;  ///< of the top-level roles: what the store has, where it is known
  std::optional<Verified> verified_;                ///< of an earlier run, as long as it holds
  Validators validators_;
  std::optional<TrustedSet> trusted_;
};

/// Percent-encoded with nothing but unreserved characters left: a role's name in a URL or as a file name.
std::string encode_role(std::string_view role);

/// Where a target lies under the targets base. Source: TUF 5.7.3 and 6.2.
std::string target_location(std::string_view path, const TargetFile& file, bool consistent_snapshot);

}  // namespace kip::tuf
