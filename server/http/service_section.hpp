#pragma once

#include <string>

#include <server/domain/service_lists.hpp>
#include <server/http/page_words.hpp>

namespace kip::server {

/// The open requests for service as a part of the board, in the order of the page, without what people wrote in them:
/// the board hangs on walls. Pure.
std::string service_section(const ServicePage& page, const PageWords& words);

}  // namespace kip::server
