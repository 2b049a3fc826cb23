#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <signing/tuf/metadata.hpp>
#include <signing/tuf/trusted_set.hpp>

namespace kip::tuf {

/// The current metadata of a repository, exact bytes by role. Before the first publication all is absent.
struct RepositoryFiles {
  std::optional<Bytes> root;
  std::optional<Bytes> timestamp;
  std::optional<Bytes> snapshot;
  std::optional<Bytes> targets;
  std::map<std::string, Bytes, std::less<>> delegated;  ///< of every role that the top-level targets delegate to
};

/// What officers hand in: the roles they sign that are new. Unverified.
struct Publication {
  std::vector<Bytes> roots;  ///< the versions after the current one, in order
  std::optional<Bytes> targets;
  std::map<std::string, Bytes, std::less<>> delegated;

  bool is_empty() const { return roots.empty() && !targets && delegated.empty(); }
};

/// A metadata file under the name that a repository with consistent snapshots serves it by: "3.targets.json".
struct NamedFile {
  std::string name;
  Bytes bytes;
};

struct Accepted {
  RepositoryFiles files;  ///< the current ones with the publication taken in; timestamp and snapshot as before
  std::vector<NamedFile> new_files;  ///< to be written, in this order; empty where everything was there already
};

/// Verifies a publication against what is current: signatures by the thresholds of root and of the delegations,
/// versions that only rise, expiry. The role `online_role` is left as it is: the server signs it anew in seal(), by
/// another key where officers have exchanged it. Handing in what is current already is no error. Pure. Errors:
/// malformed, signature, rollback, expired, conflict (same version, other bytes), not_found.
Result<Accepted> accept(const RepositoryFiles& current, const Publication& publication, std::string_view online_role,
                        Instant now);

/// The keys that a server holds.
struct OnlineSigners {
  const Signer& timestamp;
  const Signer& snapshot;
  const Signer& online_role;  ///< for the delegated role that the server signs by itself
};

/// How long what the server signs is valid. A frozen client notices after `timestamp` at the latest.
struct Lifetimes {
  std::chrono::hours timestamp = std::chrono::hours(24 * 14);
  std::chrono::hours snapshot = std::chrono::hours(24 * 30);
  std::chrono::hours online_role = std::chrono::hours(24 * 30);
  /// By how much versions grow. Above 1 everything is signed anew: for a server that was restored and may have signed
  /// versions that it does not know any more.
  std::int64_t step = 1;
};

/// Signs the online part over the current offline one: the role `online_role` with exactly these targets, the snapshot
/// and the timestamp. A role or snapshot that would stay the same and has over half its life left is kept; the
/// timestamp is always new. Updates `files` and returns what to write, in order, the timestamp last. Pure. Errors:
/// conflict where root or delegations name other online keys than the given ones; not_found before a publication.
Result<std::vector<NamedFile>> seal(RepositoryFiles& files, std::string_view online_role,
                                    const std::map<std::string, TargetFile, std::less<>>& online_targets,
                                    const OnlineSigners& signers, const Lifetimes& lifetimes, Instant now);

/// The body with one signature per signer. Errors: internal.
Result<Bytes> sign_metadata(const json::Value& body, const std::vector<const Signer*>& signers);

/// The target entry of these bytes (length and sha256).
TargetFile target_of(BytesView bytes, json::Value custom = {});

}  // namespace kip::tuf
