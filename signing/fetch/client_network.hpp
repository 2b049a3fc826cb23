#pragma once

#include <string>
#include <string_view>

namespace kip {

/// Who counts as one client: the address, of an IPv6 address its first four groups, as far as they are written (/64).
std::string network_of(std::string_view address);

}  // namespace kip
