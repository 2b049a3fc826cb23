#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <signing/tuf/metadata.hpp>

namespace kip::tuf {

/// Bounds on metadata, in octets and counts.
struct Limits {
  std::size_t root_bytes = 512'000;
  std::size_t timestamp_bytes = 16'384;
  std::size_t snapshot_bytes = 2'000'000;
  std::size_t targets_bytes = 5'000'000;
  int new_roots = 256;
  int delegations = 32;
};

/// At which instant expiry is judged: for all roles the present one, but for those that somebody has vouched for as
/// they were at another (docs/adr/0012-offline-bundles.md).
struct JudgedAt {
  JudgedAt(Instant present) : now(present) {}  // an instant is the plain case

  Instant now;
  std::map<std::string, Instant, std::less<>> instead = {};  ///< role -> when it is judged

  Instant of(std::string_view role) const;
};

/// Source: TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5. Errors: expired.
Result<void> check_expiry(const Header& header, std::string_view role, Instant now);

/// The metadata that is trusted so far, and the rules by which more is taken in: a pure state machine without I/O.
/// Calls go in the order of the specification's workflow: roots, timestamp, snapshot, targets, delegated targets.
/// Every update takes bytes from outside and either accepts them or fails and leaves what was trusted before; the two
/// exceptions, which the specification wants, are named below. Expiry is judged as create() was told.
/// Not thread-safe. Source: TUF specification 5.
class TrustedSet {
 public:
  /// Trust on the given root: its own keys must have signed it. Errors: malformed, signature.
  static Result<TrustedSet> create(BytesView root, const JudgedAt& judged_at, const Limits& limits = {});

  /// The next root. Source: TUF 5.3.4 (both thresholds), 5.3.5 (version is exactly one more).
  /// Errors: malformed, signature, rollback.
  Result<void> update_root(BytesView bytes);

  /// Checks that the last root is not expired (TUF 5.3.10). Errors: expired.
  Result<void> check_root_expiry() const;

  /// Source: TUF 5.4.2 to 5.4.4. An expired timestamp is kept for rollback checks and reported as expired.
  /// Returns false where the timestamp is the one already trusted. Errors: malformed, signature, rollback, expired.
  Result<bool> update_timestamp(BytesView bytes);

  /// Source: TUF 5.5.2 to 5.5.6. `from_store`: bytes that were verified when they were stored; the hash in the
  /// timestamp then need not match, and a version or expiry fault leaves them in place for rollback checks. Errors:
  /// malformed, signature, integrity, rollback, expired.
  Result<void> update_snapshot(BytesView bytes, bool from_store = false);

  /// Targets metadata of `role`, which `parent` delegates to ("targets" itself has the parent "root"). A role that two
  /// parents delegate to is taken in once for each, since each names its own keys.
  /// Source: TUF 5.6.2 to 5.6.5, 5.6.7. Errors: malformed, signature, integrity, rollback, expired, not_found.
  Result<void> update_targets(BytesView bytes, std::string_view role, std::string_view parent);

  const Root& root() const { return root_; }
  /// Absent until taken in and complete: not expired, and, for the snapshot, of the version that the timestamp names.
  const Timestamp* timestamp() const { return timestamp_ ? &*timestamp_ : nullptr; }
  const Snapshot* snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }
  /// As the keys that `parent` names have signed it; null before that.
  const Targets* targets(std::string_view role, std::string_view parent) const;
  /// Who signs for a role by the word of a parent that was taken in; null where it does not delegate to it.
  const Role* signers(std::string_view role, std::string_view parent) const;

  Instant now() const { return judged_at_.now; }
  const Limits& limits() const { return limits_; }

 private:
  TrustedSet(Root root, const JudgedAt& judged_at, const Limits& limits)
      : root_(std::move(root)), judged_at_(judged_at), limits_(limits) {}

  Result<void> check_expiry_of(const Header& header, std::string_view role) const;
  Result<void> check_final_snapshot() const;
  Result<void> verify_delegated(const Document& document, std::string_view role, std::string_view parent) const;

  Root root_;
  JudgedAt judged_at_;
  Limits limits_;
  std::optional<Timestamp> timestamp_;
  std::optional<Snapshot> snapshot_;
  std::map<std::string, Targets, std::less<>> targets_;
  std::set<std::pair<std::string, std::string>> verified_;  ///< (role, parent)
};

}  // namespace kip::tuf
