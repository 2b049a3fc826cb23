#pragma once

#include <server/domain/proposals.hpp>
#include <server/domain/rollout_forecast.hpp>

namespace kip::server {

// How the API writes what waits for a second person, and how rollouts go. Format: docs/formats/api.md.

json::Value release_json(const StandingRelease& release);
/// Adds the member "warnings" where there are any.
void add_warnings(json::Object& to, const std::vector<std::string>& warnings);
json::Value detail_json(const ProposalDetail& detail);
json::Value standing_json(const RolloutStanding& standing);
json::Value forecast_json(const RolloutForecast& forecast);
/// A rollout as it is asked for: what is missing has its usual value. Errors: malformed, also for unknown members.
Result<Rollout> read_asked_rollout(const json::Value& value);

}  // namespace kip::server
