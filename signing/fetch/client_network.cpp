#include <signing/fetch/client_network.hpp>

namespace kip {

std::string network_of(std::string_view address) {
  if (address.find(':') == std::string_view::npos || address.find('.') != std::string_view::npos)
    return std::string(address);
  std::size_t end = 0;
  for (int groups = 0; groups < 4; ++groups) {
    const auto colon = address.find(':', end);
    if (colon == std::string_view::npos) return std::string(address);
    if (address.substr(colon).starts_with("::")) return std::string(address.substr(0, colon));
    end = colon + 1;
  }
  return std::string(address.substr(0, end - 1));
}

}  // namespace kip
