#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace kip::server {

/// Who causes an event, as authenticated.
struct Actor {
  /// Implicit: what the server and installs do comes from a name alone.
  template <std::convertible_to<std::string_view> Text>
  Actor(const Text& text) : name(std::string_view(text)) {}
  Actor(std::string who, std::string by_credential, std::string address)
      : name(std::move(who)), credential(std::move(by_credential)), from(std::move(address)) {}

  std::string name;             ///< "staff:an", "install:01J…", "server"
  std::string credential = {};  ///< by which of theirs: "token:1f2e3d4c5b6a", "session:0a1b2c3d4e5f"
  std::string from = {};        ///< the network address from which the request came

  bool operator==(const Actor&) const = default;
};

}  // namespace kip::server
