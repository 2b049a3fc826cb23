#pragma once

#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// "127.0.0.1:8080", "[::1]:8080", "localhost:0"
struct ListenAddress {
  std::string host;
  int port = 0;

  bool operator==(const ListenAddress&) const = default;
};

/// Errors: usage.
Result<ListenAddress> parse_listen(std::string_view text);

/// "http://127.0.0.1:8080": the address of a server there that has this port.
std::string http_address(const std::string& host, int port);

}  // namespace kip
