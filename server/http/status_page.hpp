#pragma once

#include <string>
#include <vector>

#include <manifests/core/ids.hpp>
#include <server/domain/board.hpp>
#include <server/domain/service_lists.hpp>
#include <server/http/page_words.hpp>

namespace kip::server {

/// The board of obligations as one HTML page that prints well: what is open first, by the time that is left, each with
/// a link to its act's page; below it the open requests for service. Above all an alarm where installs are held. Pure.
std::string status_page(const TenantId& tenant, const std::vector<BoardEntry>& board,
                        const std::vector<InstallRecord>& installs, const ServicePage& requests, const PageWords& words,
                        Instant now);

}  // namespace kip::server
