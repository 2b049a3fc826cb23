#pragma once

#include <string_view>

namespace kip {

/// Whether a host's name or address can only mean this machine: "localhost", "127.0.0.1", "::1", "[::1]".
bool is_loopback_host(std::string_view host);

}  // namespace kip
