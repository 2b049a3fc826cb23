#include <array>

#include <client-updater/update/offer.hpp>
#include <manifests/codec/choice.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

constexpr Choices<OfferKind, 8> kKinds = {{{OfferKind::nothing_published, "nothing-published"},
                                           {OfferKind::up_to_date, "up-to-date"},
                                           {OfferKind::older, "older"},
                                           {OfferKind::paused, "paused"},
                                           {OfferKind::not_yet, "not-yet"},
                                           {OfferKind::not_for_us, "not-for-us"},
                                           {OfferKind::skipped, "skipped"},
                                           {OfferKind::available, "available"}}};

/// Without regard to whom it has reached.
Offer judge_version(const ListedRelease& listed, const State& state, bool again) {
  const Release& release = listed.release;
  const InstalledVersion* current = state.current();
  if (current != nullptr && current->target == Target{release.version, release.manifest})
    return {OfferKind::up_to_date, &listed};
  const bool is_older = current != nullptr && release.version < current->target.version;
  if (is_older && !state.policy.allows_downgrade(current->target.version, release.version))
    return {OfferKind::older, &listed};
  if (state.skipped && release.version <= state.skipped->version && !again) return {OfferKind::skipped, &listed};
  return {OfferKind::available, &listed};
}

Labels labels_of(const State& state) {
  return state.postponement ? state.postponement->labels : Labels();
}

Offer judge_rollout(const Listing& listing, const State& state, const OfferQuestion& question) {
  const Offer offer = judge_version(*listing.release, state, question.again);
  if (offer.kind == OfferKind::up_to_date || offer.kind == OfferKind::older) return offer;
  const Release& release = listing.release->release;
  const Reached reached = reach_of(*listing.rollout, {release.manifest, release.audience}, state.enrolment->install,
                                   labels_of(state), question.now, sha256);
  const InstalledVersion* current = state.current();
  const bool must_leave = current != nullptr && !state.policy.check(current->target.version);
  switch (reached.reach) {
    case Reach::paused:
      return {OfferKind::paused, offer.release};
    case Reach::other_audience:
      return listing.handed_over ? offer : Offer{OfferKind::not_for_us, offer.release};
    case Reach::not_yet:
      return listing.handed_over || must_leave ? offer : Offer{OfferKind::not_yet, offer.release, reached.from};
    case Reach::reached:
      break;
  }
  return offer;
}

}  // namespace

std::string_view to_string(OfferKind kind) {
  return choice_text(kKinds, kind);
}

Offer judge_offer(const Listing& listing, const State& state, const OfferQuestion& question) {
  if (!listing.rollout || !listing.release) return {};
  const Offer of_rollout = judge_rollout(listing, state, question);
  const bool is_held_back = of_rollout.kind == OfferKind::paused || of_rollout.kind == OfferKind::not_yet ||
                            of_rollout.kind == OfferKind::not_for_us;
  if (!is_held_back || !listing.base) return of_rollout;
  if (!listing.handed_over && !is_meant_for(listing.base->release.audience, labels_of(state))) return of_rollout;
  const Offer of_base = judge_version(*listing.base, state, question.again);
  return of_base.kind == OfferKind::available ? of_base : of_rollout;
}

}  // namespace kip::updater
