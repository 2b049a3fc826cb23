#pragma once

#include <string_view>

#include <client-updater/update/repository.hpp>

namespace kip::updater {

enum class OfferKind {
  nothing_published,  ///< the vendor has rolled out no release yet
  up_to_date,         ///< what is installed is what the rollout names
  older,              ///< the rollout names an earlier version: going back is a person's decision
  paused,             ///< the vendor holds the rollout
  not_yet,            ///< the rollout has not reached this install
  not_for_us,         ///< officers meant it for installs with other labels
  skipped,            ///< a person here went back from it
  available,
};

/// "up-to-date", for output to machines.
std::string_view to_string(OfferKind kind);

struct Offer {
  OfferKind kind = OfferKind::nothing_published;
  const ListedRelease* release = nullptr;  ///< of the listing; null where nothing is published
  std::optional<Instant> from = {};        ///< of not_yet: when the rollout comes to this install, where it will
};

struct OfferQuestion {
  bool again = false;  ///< a person wants a version that was skipped after a rollback
  Instant now;
};

/// What the vendor's listing means for this install: the rollout's version, or what the rollout names for those whom it
/// has not reached. A version in use that officers have revoked is left without regard to shares. Pure.
Offer judge_offer(const Listing& listing, const State& state, const OfferQuestion& question);

}  // namespace kip::updater
