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
  skipped,            ///< a person here went back from it
  available,
};

/// "up-to-date", for output to machines.
std::string_view to_string(OfferKind kind);

/// What the vendor's listing means for this install. Pure.
/// `again`: a person wants a version that was skipped after a rollback.
OfferKind judge_offer(const Listing& listing, const State& state, bool again);

}  // namespace kip::updater
