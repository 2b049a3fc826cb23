#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <manifests/model/release_published.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/tuf/trusted_set.hpp>

namespace kip {

/// Metadata by the SHA-256 of its bytes; null where it is not at hand.
using MetadataByHash = std::function<const Bytes*(const Sha256Digest&)>;

/// What a vendor's officers have signed, from a root that is trusted on. Not thread-safe.
class OfficerWord {
 public:
  /// Follows the chain of roots from the trusted one, by both thresholds of each step. `roots`: those after it, in
  /// order; earlier ones are passed over. Errors: malformed, signature, rollback.
  static Result<OfficerWord> create(BytesView trusted_root, const std::vector<Bytes>& roots, MetadataByHash find);

  /// Who may sign for the vendor's logs, by this targets metadata. Errors: signature; not_found where officers have
  /// never authorised logs; malformed.
  Result<LogKeys> log_keys(BytesView targets) const;

  /// That officers had signed the release: by the root, the top-level targets and the product's role whose hashes were
  /// logged with it. Snapshot and timestamp are by keys of the server, which logs the release itself, and add nothing.
  /// `at`: when it was published, by the event's own word. Errors: not_found where metadata that it names is missing;
  /// signature; expired; integrity where officers have signed something else than the event says.
  Result<void> check_release(const ReleasePublished& release, Instant at) const;

  /// The metadata on which that rests.
  static std::vector<Sha256Digest> needed_for(const ReleasePublished& release);

 private:
  OfficerWord(std::vector<Bytes> roots, MetadataByHash find) : roots_(std::move(roots)), find_(std::move(find)) {}

  Result<const Bytes*> named(const ReleasePublished& release, std::string_view role) const;
  Result<tuf::Root> root_by(const Bytes& bytes) const;

  std::vector<Bytes> roots_;  ///< the trusted one first, verified
  MetadataByHash find_;
};

}  // namespace kip
