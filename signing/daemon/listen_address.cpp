#include <charconv>

#include <fmt/format.h>

#include <signing/daemon/listen_address.hpp>

namespace kip {

Result<ListenAddress> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return fail(
        ErrorCode::usage,
        fmt::format("\"{}\" is not an address to listen on; write one like 127.0.0.1:8080 or [::1]:8080", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || bracketed != (host.find(':') != std::string_view::npos)) return wrong();
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  constexpr int kMaxPort = 65535;
  if (port.empty() || error != std::errc() || end != port.data() + port.size() || number < 0 || number > kMaxPort) {
    return wrong();
  }
  return ListenAddress{std::string(host), number};
}

std::string http_address(const std::string& host, int port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace kip
