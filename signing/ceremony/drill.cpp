#include <algorithm>

#include <fmt/format.h>

#include <signing/ceremony/drill.hpp>

namespace kip {
namespace {

constexpr std::size_t kChallenge = 32;

/// Whether the key as the repository lists it accepts what the signer's key signs.
Result<bool> answers(const Authority& authority, const Signer& signer, BytesView challenge) {
  const auto listed = authority.keys.find(signer.key_id);
  if (listed == authority.keys.end() || !listed->second.usable()) return false;
  KIP_TRY(const Bytes signature, signer.key.sign(challenge));
  return listed->second.usable()->verify(challenge, signature);
}

Result<DrilledRole> drill_role(const RepositoryFolder& folder, const std::string& role,
                               const std::vector<Signer>& signers, BytesView challenge) {
  KIP_TRY(const std::vector<Authority> all, authorities(folder, role));
  const Authority& authority = all.front();
  DrilledRole out{role, authority.role.threshold, {}, {}, {}};
  for (const std::string& id : authority.role.key_ids) {
    const auto signer =
        std::find_if(signers.begin(), signers.end(), [&](const Signer& candidate) { return candidate.key_id == id; });
    bool able = false;
    if (signer != signers.end()) {
      KIP_TRY(able, answers(authority, *signer, challenge));
    }
    (able ? out.able : out.absent).push_back(folder.officer_name(id));
  }
  if (std::cmp_less(out.able.size(), out.threshold + 1)) out.needed = out.able;
  return out;
}

}  // namespace

Result<std::vector<DrilledRole>> drill(const RepositoryFolder& folder, const std::vector<Signer>& signers,
                                       RandomSource& random) {
  const Bytes challenge = "kip key drill " + to_hex(random.bytes(kChallenge));
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  for (const Signer& signer : signers) {
    bool known = false;
    for (const std::string& role : roles) {
      KIP_TRY(const bool allowed, may_sign(folder, role, signer.key_id));
      known = known || allowed;
    }
    if (!known) {
      return fail(ErrorCode::denied,
                  fmt::format("the key {} signs no role of this repository: an old backup, or another repository's",
                              signer.key_id.substr(0, 12)));
    }
  }
  std::vector<DrilledRole> out;
  for (const std::string& role : roles) {
    KIP_TRY(DrilledRole drilled, drill_role(folder, role, signers, challenge));
    out.push_back(std::move(drilled));
  }
  return out;
}

}  // namespace kip
