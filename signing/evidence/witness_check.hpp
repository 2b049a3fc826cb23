#pragma once

#include <string>
#include <vector>

#include <signing/evidence/open_log.hpp>
#include <signing/evidence/trust_policy.hpp>

namespace kip {

/// "log/o/cosigned/": where a bundle has checkpoints with the cosignatures of witnesses.
std::string cosigned_folder(const LogLife& life);
/// "log/o/cosigned/00000012": where a bundle has a checkpoint of that size with the cosignatures of witnesses.
std::string cosigned_path(const LogLife& life, std::uint64_t size);

/// What the witnesses of a policy say of the newest life of O.
struct WitnessFinding {
  std::vector<std::string> names;  ///< that have cosigned a head of it, in the policy's order
  std::uint64_t total = 0;         ///< entries that it has
  std::uint64_t covered = 0;       ///< the first entries that a quorum has seen; 0 where there is no quorum
  std::string contradiction;       ///< a witness has cosigned another tree; empty where none has
};

/// Looks at the newest checkpoint and at the earlier ones that witnesses have cosigned; each is compared with the
/// entries in the bundle. Cosignatures by others than the policy's are ignored. Pure.
WitnessFinding look_at_witnesses(const EvidenceFiles& files, const LoggedSpan& newest, const TrustPolicy& policy);

/// The roots of the first entries of a life, for each of these sizes; of sizes beyond what the bundle has nothing.
std::map<std::uint64_t, Sha256Digest> roots_of_life(const EvidenceFiles& files, const LoggedSpan& span,
                                                    const std::set<std::uint64_t>& sizes);

}  // namespace kip
