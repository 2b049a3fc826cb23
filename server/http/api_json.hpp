#pragma once

#include <server/domain/board.hpp>
#include <server/domain/publishing.hpp>
#include <server/domain/registry.hpp>

namespace kip::server {

// How the API writes what the use cases answer. Format: docs/formats/api.md.

/// kip.obligation/1 with "explanation" and "warnings" in each language.
json::Value obligation_json(const BoardEntry& entry);
/// The short form that stands beside an act.
json::Value brief_obligation_json(const BoardEntry& entry);
json::Value act_json(const RegisteredAct& registered);
json::Value warnings_json(const std::vector<Warning>& warnings);
json::Value install_json(const InstallRecord& install);
json::Value published_json(const Published& published);
json::Value state_json(const RepositoryState& state);

}  // namespace kip::server
