#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/proven_time.hpp>

namespace kip {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kTolerance(5);
constexpr std::string_view kRevocation = "revocation/";

Bytes digest_by(HashAlgorithm algorithm, BytesView data) {
  Hasher hasher(algorithm);
  hasher.update(data);
  return hasher.finish();
}

/// By the first authority of the policy to which it leads; the last one's reason where it leads to none.
std::optional<tsp::VerifiedToken> verify_by(const tsp::UnverifiedToken& token, BytesView checkpoint,
                                            const TrustPolicy& policy, SeenStamp& out) {
  const tsp::Expected expected{digest_by(token.claims().imprint.algorithm, checkpoint)};
  out.problem = "the policy names no authority";
  for (const tsp::Authority& authority : policy.authorities) {
    auto verified = tsp::verify_token(token, expected, authority.trust);
    if (!verified) {
      out.problem = verified.error().message;
      // Another authority of the policy may be its own; what it is about does not depend on that.
      if (verified.error().code == ErrorCode::integrity) return std::nullopt;
      continue;
    }
    const auto accuracy = verified->claims.accuracy ? verified->claims.accuracy : authority.accuracy;
    out.authority = authority.name;
    if (!accuracy) {
      out.problem = "neither the token nor the policy says how exact it is";
      return std::nullopt;
    }
    out.problem.clear();
    out.identity = verified->identity();
    out.signer = verified->signer().subject;
    out.not_before = std::chrono::floor<milliseconds>(verified->claims.gen_time - *accuracy);
    out.not_after = std::chrono::ceil<milliseconds>(verified->claims.gen_time + *accuracy);
    out.expires = verified->not_after;
    out.independent = authority.independent && verified->claims.independent();
    out.warnings = verified->warnings;
    return *std::move(verified);
  }
  return std::nullopt;
}

/// The stamps of one signer, with their tokens.
struct OfSigner {
  std::vector<std::pair<SeenStamp*, tsp::VerifiedToken>> stamps = {};
  std::size_t newest = 0;  ///< the place above of the one with the latest time
};

void note_status(const std::vector<tsp::RevocationStatus>& status, tsp::GenTime gen_time, SeenStamp& stamp) {
  if (status.empty() || !status.front().as_of) return;
  stamp.not_revoked_as_of = std::max(stamp.not_revoked_as_of.value_or(Instant::min()), *status.front().as_of);
  stamp.has_been_vouched_for = *stamp.not_revoked_as_of >= std::chrono::floor<std::chrono::seconds>(gen_time);
}

/// What leaves the newest token of a signer alone leaves alone all of them: large lists are read once.
void look_up(OfSigner& signer, const tsp::RevocationData& known) {
  const auto& newest = signer.stamps[signer.newest].second;
  const auto status = tsp::look_up_revocation(newest, known, newest.claims.gen_time);
  for (auto& [stamp, token] : signer.stamps) {
    const auto own = status ? status : tsp::look_up_revocation(token, known, token.claims.gen_time);
    if (own) {
      note_status(*own, token.claims.gen_time, *stamp);
    } else if (own.error().code == ErrorCode::rollback) {
      stamp->problem = own.error().message;
    }
  }
}

std::optional<tsp::VerifiedToken> read_stamp(const OpenEntry& entry, const OpenLog& log, const TrustPolicy& policy,
                                             SeenStamp& out) {
  out.place = entry.place;
  const auto recorded = read_timestamp_recorded(entry.entry.body);
  if (!recorded) {
    out.problem = recorded.error().message;
    return std::nullopt;
  }
  out.authority = recorded->authority;
  const auto checkpoint = tlog::Checkpoint::parse(recorded->checkpoint);
  const auto covers = checkpoint ? log.covered_by(*checkpoint) : std::nullopt;
  if (!covers) {
    out.problem = "it is over a checkpoint that is not of this log";
    return std::nullopt;
  }
  out.covers = *covers;
  const auto token = tsp::UnverifiedToken::parse(recorded->token);
  if (!token) {
    out.problem = token.error().message;
    return std::nullopt;
  }
  out.time = token->claims().gen_time;
  out.policy = token->claims().policy;
  auto verified = verify_by(*token, recorded->checkpoint, policy, out);
  if (verified) note_status(verified->revocation, verified->claims.gen_time, out);
  return verified;
}

/// From the last one backwards: what is later may have renewed what is earlier.
void drop_expired(std::vector<SeenStamp>& stamps, Instant now) {
  for (auto stamp = stamps.rbegin(); stamp != stamps.rend(); ++stamp) {
    if (!stamp->counts() || now <= stamp->expires) continue;
    const bool renewed = std::any_of(stamps.rbegin(), stamp, [&](const SeenStamp& later) {
      return later.counts() && later.covers > stamp->place && later.not_after < stamp->expires;
    });
    if (!renewed) {
      stamp->problem = fmt::format("a certificate of its chain has expired on {}, and nothing renewed it before",
                                   format_instant(stamp->expires));
    }
  }
}

}  // namespace

void add_revocation(EvidenceFiles& files, const RevocationBook& book) {
  for (const auto& [signer, data] : book) {
    const auto add = [&, &key = signer](const std::vector<Bytes>& statements, std::string_view ending) {
      for (std::size_t i = 0; i < statements.size(); ++i)
        files[fmt::format("{}{}/{:08}.{}", kRevocation, key.hex(), i + 1, ending)] = statements[i];
    };
    add(data.crls, "crl");
    add(data.ocsp, "ocsp");
  }
}

RevocationBook read_revocation(const EvidenceFiles& files) {
  constexpr std::size_t kHex = 64;
  RevocationBook out;
  for (auto file = files.lower_bound(kRevocation); file != files.end() && file->first.starts_with(kRevocation);
       ++file) {
    const std::string_view name = std::string_view(file->first).substr(kRevocation.size());
    const auto signer = Sha256Digest::parse(name.substr(0, kHex));
    if (!signer) continue;
    // What does not parse says nothing: or whoever makes a bundle could take away a stamp that speaks against them.
    auto lists = tsp::parse_certificate_file(file->second);
    if (name.ends_with(".crl") && lists)
      std::move(lists->crls.begin(), lists->crls.end(), std::back_inserter(out[*signer].crls));
    if (name.ends_with(".ocsp") && tsp::is_ocsp_response(file->second)) out[*signer].ocsp.push_back(file->second);
  }
  return out;
}

std::vector<SeenStamp> verify_stamps(const OpenLog& log, const TrustPolicy& policy, const RevocationBook& revocation,
                                     Instant now) {
  const auto count = std::count_if(log.entries().begin(), log.entries().end(), [](const OpenEntry& entry) {
    return entry.entry.type == event_type::kTimestampRecorded;
  });
  std::vector<SeenStamp> out(static_cast<std::size_t>(count));
  std::map<Sha256Digest, OfSigner> signers;
  auto next = out.begin();
  for (const OpenEntry& entry : log.entries()) {
    if (entry.entry.type != event_type::kTimestampRecorded) continue;
    SeenStamp& stamp = *next++;
    auto token = read_stamp(entry, log, policy, stamp);
    if (!token || revocation.empty()) continue;
    OfSigner& signer = signers[sha256(token->signer().der)];
    if (!signer.stamps.empty() && signer.stamps[signer.newest].second.claims.gen_time < token->claims.gen_time) {
      signer.newest = signer.stamps.size();
    }
    signer.stamps.emplace_back(&stamp, *std::move(token));
  }
  for (auto& [signer, stamps] : signers) {
    const auto known = revocation.find(signer);
    if (known != revocation.end()) look_up(stamps, known->second);
  }
  drop_expired(out, now);
  return out;
}

std::vector<Stamp> stamps_for_verdict(const std::vector<SeenStamp>& seen) {
  std::vector<Stamp> out;
  for (const SeenStamp& one : seen) {
    if (one.counts())
      out.push_back({one.authority, one.not_before, one.not_after, one.covers, one.place, one.independent});
  }
  return out;
}

std::vector<WrongClaim> find_wrong_claims(const OpenLog& log, const std::vector<SeenStamp>& seen) {
  // For each place the earliest time by which a stamp covers it: a stamp over more also covers less.
  std::vector<std::optional<Instant>> covered(log.entries().size());
  for (const SeenStamp& stamp : seen) {
    if (!stamp.counts() || stamp.covers == 0) continue;
    auto& at = covered[static_cast<std::size_t>(stamp.covers - 1)];
    if (!at || stamp.not_after < *at) at = stamp.not_after;
  }
  for (std::size_t i = covered.size(); i-- > 1;) {
    if (covered[i] && (!covered[i - 1] || *covered[i] < *covered[i - 1])) covered[i - 1] = covered[i];
  }
  std::vector<WrongClaim> out;
  std::optional<Instant> after;
  auto next = seen.begin();
  for (const OpenEntry& entry : log.entries()) {
    for (; next != seen.end() && next->place < entry.place; ++next) {
      if (next->counts() && (!after || *after < next->not_before)) after = next->not_before;
    }
    WrongClaim claim{entry.place, entry.entry.type, entry.entry.claimed_time};
    if (after && claim.claimed + kTolerance < *after) claim.not_before = after;
    const auto& before = covered[static_cast<std::size_t>(entry.place)];
    if (before && *before + kTolerance < claim.claimed) claim.not_after = before;
    if (claim.not_before || claim.not_after) out.push_back(std::move(claim));
  }
  return out;
}

}  // namespace kip
