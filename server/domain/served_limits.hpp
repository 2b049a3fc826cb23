#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/release.hpp>
#include <server/domain/board.hpp>

namespace kip::server {

/// Obligations of the release's product that are for an act that it serves, have a limit and are not complete, the
/// earliest limit first. Errors: those of Board::judge().
Result<std::vector<ObligationView>> limits_served(const Release& release, const Board& board, Projection& from,
                                                  Instant now);

/// Before which instant a release has to be installed by what was promised; none where nothing of that kind is open.
using InstallLimit = std::function<Result<std::optional<Instant>>(const Release&)>;

/// The earliest confirmed one of those, also where it is past.
std::optional<Instant> install_limit_of(const std::vector<ObligationView>& limits);

/// The same, read anew each time. All must outlive it; thread-safe.
InstallLimit install_limit(Store& store, const TenantId& tenant, const Board& board, const Clock& clock);

/// Sets when a rollout forces that is tied to the limit, within what officers allow. Where nothing is open any more it
/// stays what it was under the same tie. Errors: usage where officers let nothing be forced, or there is no limit to
/// be tied to.
Result<void> tie_to_limit(Rollout& rollout, const Rollout* present, const Release& release,
                          const std::optional<Instant>& limit);

/// What a person has to know of a rollout that is tied to this limit, where officers' terms keep it from forcing just
/// that long before; empty where they do not.
std::string tie_warning(const Rollout& rollout, const Release& release, const std::optional<Instant>& limit);

}  // namespace kip::server
