#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/contract.hpp>
#include <client-updater/update/updates.hpp>

namespace kip::updater {
namespace {

/// Labels may have become others since the vendor was asked last.
bool labels_are_old(const State& state, Instant now) {
  constexpr std::chrono::minutes kGood(10);
  return !state.postponement || now < state.postponement->said_at || state.postponement->said_at + kGood <= now;
}

/// As judge_offer(), by labels that are asked for where they can make a difference.
Result<Offer> find_offer(Install& install, const Narrator& narrator, const Listing& listing, bool again) {
  const Instant now = install.ports().clock.now();
  const Offer offer = judge_offer(listing, install.state(), {again, now});
  // Labels can hold back as well: what is available is asked for too.
  const bool is_settled = offer.kind == OfferKind::up_to_date || offer.kind == OfferKind::older;
  if (is_settled || listing.handed_over || !listing.asks_for_labels() || !labels_are_old(install.state(), now))
    return offer;
  KIP_TRY_VOID(ask_postponement(install, narrator));
  return judge_offer(listing, install.state(), {again, now});
}

CheckResult result_of(const Listing& listing, const State& state, const Offer& offer) {
  CheckResult result{.kind = offer.kind, .rollout = listing.rollout, .from = offer.from};
  if (offer.release != nullptr) result.release = offer.release->release;
  if (const InstalledVersion* current = state.current()) {
    result.current = current->target;
    if (auto allowed = state.policy.check(current->target.version); !allowed) {
      result.warning = "the version in use should be left: " + allowed.error().message;
    }
  }
  if (state.attempt.phase == Phase::held) result.warning = held_error(state.attempt).message;
  return result;
}

/// The kept version to go back to.
Result<Target> earlier_version(const State& state, const Target& current, const std::optional<Version>& to) {
  const InstalledVersion* chosen = nullptr;
  for (const InstalledVersion& version : state.versions) {
    if (version.current || !version.confirmed_at) continue;
    const Version& candidate = version.target.version;
    const bool fits = to ? candidate == *to : candidate < current.version;
    if (fits && (chosen == nullptr || chosen->target.version < candidate)) chosen = &version;
  }
  if (chosen != nullptr) return chosen->target;
  if (to)
    return fail(ErrorCode::not_found, fmt::format("version {} is not kept on this machine; see status", to->str()));
  return fail(ErrorCode::not_found, "no earlier version is kept on this machine");
}

}  // namespace

Result<ResumeResult> resume(Install& install, const Narrator& narrator, ResumeWay way) {
  KIP_TRY_VOID(Applier(install, narrator).resume(way));
  const InstalledVersion* current = install.state().current();
  return ResumeResult{current == nullptr ? std::nullopt : std::optional(current->target)};
}

Result<CheckResult> check(Install& install, const Narrator& narrator) {
  KIP_TRY_VOID(Applier(install, narrator).recover());
  KIP_TRY(const Listing listing, read_repository(install));
  LogLook log = look_at_log(install, listing.log_keys);
  KIP_TRY(const Offer offer, find_offer(install, narrator, listing, false));
  CheckResult result = result_of(listing, install.state(), offer);
  result.log = std::move(log);
  return result;
}

Result<UpdateResult> update(Install& install, const Narrator& narrator, bool again, const MayBegin& may_begin) {
  Applier applier(install, narrator);
  KIP_TRY_VOID(applier.recover());
  return take_offer(install, applier, again, may_begin);
}

Result<UpdateResult> take_offer(Install& install, Applier& applier, bool again, const MayBegin& may_begin) {
  KIP_TRY_VOID(applier.expect_not_held());
  KIP_TRY(const Listing listing, read_repository(install));
  LogLook log = look_at_log(install, listing.log_keys);
  KIP_TRY(const Offer offer, find_offer(install, applier.narrator(), listing, again));
  UpdateResult result{.offer = result_of(listing, install.state(), offer)};
  result.offer.log = std::move(log);
  if (offer.kind != OfferKind::available) return result;
  KIP_TRY(result.waiting, may_begin(result.offer));
  if (result.waiting != Waiting::nothing) return result;
  KIP_TRY(result.installed, applier.install_release({*offer.release, listing.valid_until}));
  result.stopped_by_vendor = !result.installed;
  result.fetched = applier.fetched();
  if (result.installed) result.kept_edited = applier.kept_edited();
  return result;
}

Result<RollbackResult> rollback(Install& install, const Narrator& narrator, const std::optional<Version>& to) {
  Applier applier(install, narrator);
  KIP_TRY_VOID(applier.recover());
  const InstalledVersion* in_use = install.state().current();
  if (in_use == nullptr) return fail(ErrorCode::not_found, "no version is in use on this machine");
  const Target left = in_use->target;
  if (to && *to == left.version) {
    return fail(ErrorCode::usage, fmt::format("version {} is in use already", left.version.str()));
  }
  if (to && *to > left.version) {
    return fail(ErrorCode::usage,
                fmt::format("version {} is later than {}, which is in use; kip-updater update --again "
                            "goes forward",
                            to->str(), left.version.str()));
  }
  if (to) KIP_TRY_VOID(install.state().policy.check(*to));
  KIP_TRY(const Target target, earlier_version(install.state(), left, to));
  KIP_TRY_VOID(applier.take_back(target));
  return RollbackResult{left, target};
}

}  // namespace kip::updater
