#pragma once

// Inside signing/fetch only.

#include <optional>
#include <string_view>

#include <manifests/core/instant.hpp>

namespace kip {

/// An HTTP date in any of its three forms. Nothing where it is none. Source: RFC 9110, 5.6.7
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace kip
