#pragma once

#include <initializer_list>
#include <string_view>

#include <server/domain/board.hpp>
#include <server/domain/publishing.hpp>
#include <server/domain/registry.hpp>
#include <server/http/router.hpp>

namespace kip::server {

// How the API writes what the use cases answer. Format: docs/formats/api.md.

/// kip.obligation/1 with "explanation" and "warnings" in each language.
json::Value obligation_json(const BoardEntry& entry);
/// The short form that stands beside an act.
json::Value brief_obligation_json(const BoardEntry& entry);
json::Value act_json(const RegisteredAct& registered);
json::Value warnings_json(const std::vector<Warning>& warnings);
json::Value install_json(const InstallRecord& install);
json::Value waiting_json(const WaitingInstall& install);
json::Value published_json(const Published& published);
/// A request's body with members among these only: what is not understood is refused, while an event may have more.
/// Errors: malformed.
Result<json::Value> read_members(const Call& call, std::initializer_list<std::string_view> members);

json::Value state_json(const RepositoryState& state);

}  // namespace kip::server
