#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/ids.hpp>
#include <server/domain/board.hpp>

namespace kip::server {

/// The Content-Security-Policy that fits the page: its own style, and nothing else.
extern const std::string_view kStatusPagePolicy;

/// The board of obligations as one HTML page that prints well: a block per act, a row per obligation, a table of
/// customers where it counts installs. Above all an alarm where installs are held. English with Vietnamese beside it;
/// no scripts. Pure.
std::string status_page(const TenantId& tenant, const std::vector<BoardEntry>& board,
                        const std::vector<InstallRecord>& installs, Instant now);

}  // namespace kip::server
