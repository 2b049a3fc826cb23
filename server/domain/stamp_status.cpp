#include <algorithm>
#include <map>

#include <server/domain/newest_token.hpp>
#include <server/domain/stamp_status.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/log/checkpoint.hpp>

namespace kip::server {
namespace {

/// Entries of O that are looked at.
constexpr std::int64_t kReach = 5000;

}  // namespace

Result<StampStatus> stamp_status(UnitOfWork& unit) {
  StampStatus out;
  KIP_TRY(out.entries, unit.leaves().size(LogName::o));
  KIP_TRY(out.last, unit.stamps().last_subject());
  KIP_TRY(out.open, unit.stamps().all());
  if (out.last) {
    std::vector<tsp::Stamp> of_last;
    std::copy_if(out.open.begin(), out.open.end(), std::back_inserter(of_last),
                 [&](const tsp::Stamp& stamp) { return stamp.subject == out.last->digest; });
    out.summary = tsp::summarise(of_last);
  }
  std::map<std::string, NewestOfAuthority> newest;
  const auto look = [&](const TimestampRecorded& recorded) -> Result<bool> {
    const auto token = tsp::UnverifiedToken::parse(recorded.token);
    const auto checkpoint = tlog::Checkpoint::parse(recorded.checkpoint);
    if (!token || !checkpoint) return true;
    newest.try_emplace(recorded.authority,
                       NewestOfAuthority{recorded.authority, token->claims().gen_time,
                                         static_cast<std::int64_t>(checkpoint->head.size), recorded.independent});
    if (out.last && sha256(recorded.checkpoint) == out.last->digest) {
      ++out.summary.stamped;
      if (recorded.independent) ++out.summary.independent;
    }
    return true;
  };
  KIP_TRY_VOID(walk_tokens_back(unit, std::max<std::int64_t>(out.entries - kReach, 0), out.entries, look));
  for (auto& [authority, one] : newest)
    out.newest.push_back(std::move(one));
  return out;
}

}  // namespace kip::server
