#include <array>

#include <client-updater/update/offer.hpp>
#include <manifests/codec/choice.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

constexpr Choices<OfferKind, 7> kKinds = {{{OfferKind::nothing_published, "nothing-published"},
                                           {OfferKind::up_to_date, "up-to-date"},
                                           {OfferKind::older, "older"},
                                           {OfferKind::paused, "paused"},
                                           {OfferKind::not_yet, "not-yet"},
                                           {OfferKind::skipped, "skipped"},
                                           {OfferKind::available, "available"}}};

}  // namespace

std::string_view to_string(OfferKind kind) {
  return choice_text(kKinds, kind);
}

OfferKind judge_offer(const Listing& listing, const State& state, bool again) {
  if (!listing.rollout || !listing.release) return OfferKind::nothing_published;
  const Release& release = listing.release->release;
  const InstalledVersion* current = state.current();
  if (current != nullptr && current->target == Target{release.version, release.manifest}) return OfferKind::up_to_date;
  const bool is_older = current != nullptr && release.version < current->target.version;
  if (is_older && !state.policy.allows_downgrade(current->target.version, release.version)) return OfferKind::older;
  if (listing.rollout->paused) return OfferKind::paused;
  const bool is_in_cohort =
      listing.handed_over || in_cohort(state.enrolment->install, release.manifest, listing.rollout->percent, sha256);
  if (!is_in_cohort) return OfferKind::not_yet;
  if (state.skipped && release.version <= state.skipped->version && !again) return OfferKind::skipped;
  return OfferKind::available;
}

}  // namespace kip::updater
