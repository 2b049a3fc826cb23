#include <manifests/core/unicode.hpp>
#include <signing/fetch/loopback_host.hpp>

namespace kip {

bool is_loopback_host(std::string_view host) {
  const bool address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return to_lower_ascii(host) == "localhost" || host == "::1" || host == "[::1]" ||
         (address && host.starts_with("127."));
}

}  // namespace kip
