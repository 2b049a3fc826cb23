#pragma once

#include <string>
#include <vector>

#include <signing/ceremony/signing_state.hpp>
#include <signing/crypto/random.hpp>

namespace kip {

/// Whether a role could be signed by the keys that took part in a drill.
struct DrilledRole {
  std::string role;
  std::int64_t threshold = 0;
  std::vector<std::string> able;    ///< names of those whose key has signed the challenge
  std::vector<std::string> absent;  ///< of the others who may sign
  /// Names of those who took part without whom the rest could not sign.
  std::vector<std::string> needed;

  bool enough() const { return std::cmp_greater_equal(able.size(), threshold); }
};

/// Lets each key sign a random challenge, which is no document of the repository, and counts for every role of officers
/// whether its threshold is met. Errors: denied where a key belongs to no officer of any role; those of signing.
Result<std::vector<DrilledRole>> drill(const RepositoryFolder& folder, const std::vector<Signer>& signers,
                                       RandomSource& random);

}  // namespace kip
