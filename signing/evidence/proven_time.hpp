#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/evidence/verdict.hpp>
#include <signing/evidence/open_log.hpp>
#include <signing/evidence/trust_policy.hpp>
#include <signing/timestamp/token.hpp>

namespace kip {

/// One time stamp that stands in O, and what it is worth to whom the policy is.
struct SeenStamp {
  std::uint64_t place = 0;                    ///< of its entry in O
  std::uint64_t covers = 0;                   ///< entries of O under its checkpoint
  std::string authority = {};                 ///< as the policy names it, else as the vendor does
  std::optional<tsp::GenTime> time = {};      ///< the token's own; nothing where it has none that can be read
  std::string signer = {};                    ///< the subject of the signing certificate, of a token that holds
  std::string policy = {};                    ///< "1.2.3.4", under which the token was made
  std::string problem = {};                   ///< why it does not count; empty where it does
  std::optional<Sha256Digest> identity = {};  ///< of a token that holds
  Instant not_before = {};
  Instant not_after = {};
  Instant expires = {};  ///< of the first certificate in its chain
  bool independent = false;
  /// As of when the issuer of the signing certificate has said that nothing speaks against it; the latest word known.
  std::optional<Instant> not_revoked_as_of = {};
  bool has_been_vouched_for = false;  ///< that word came after the token
  std::vector<std::string> warnings = {};

  bool counts() const { return problem.empty(); }
};

/// Statements about revocation by the SHA-256 of the signing certificate behind which they stand.
using RevocationBook = std::map<Sha256Digest, tsp::RevocationData>;

/// "revocation/SHA256/00000001.crl": the statements that a bundle brings along. They speak for themselves.
void add_revocation(EvidenceFiles& files, const RevocationBook& book);
RevocationBook read_revocation(const EvidenceFiles& files);

/// Every time stamp of a log, verified by the policy's authorities alone. One whose certificates have expired counts
/// only if a later one covers its entry and was made before they did; one whose certificates were revoked in a way that
/// reaches back to it does not. `now` is when expiry is judged. Pure but for what the verification costs.
std::vector<SeenStamp> verify_stamps(const OpenLog& log, const TrustPolicy& policy, const RevocationBook& revocation,
                                     Instant now);

/// Those that count, for the verdict.
std::vector<Stamp> stamps_for_verdict(const std::vector<SeenStamp>& seen);

/// An event whose claimed time cannot be.
struct WrongClaim {
  std::uint64_t place = 0;
  std::string type;
  Instant claimed;
  std::optional<Instant> not_before = {};  ///< it came after a stamp that is later than it claims
  std::optional<Instant> not_after = {};   ///< it was there before the time that it claims
};

/// Events whose claimed time contradicts the stamps by more than five minutes. Stamps are those that count.
std::vector<WrongClaim> find_wrong_claims(const OpenLog& log, const std::vector<SeenStamp>& seen);

}  // namespace kip
