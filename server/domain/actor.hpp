#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/digest.hpp>
#include <manifests/model/staff.hpp>

namespace kip::server {

/// By what a member of staff came in, and for what. Whoever records a change asks again, within its transaction: a
/// request may have been under way while a person left.
struct Admission {
  Sha256Digest proof;  ///< of the text of a token or a session
  bool is_session = false;
  StaffAction action = StaffAction::read;

  bool operator==(const Admission&) const = default;
};

/// Who causes an event, as authenticated.
struct Actor {
  /// Implicit: what the server and installs do comes from a name alone.
  template <std::convertible_to<std::string_view> Text>
  Actor(const Text& text) : name(std::string_view(text)) {}
  Actor(std::string who, std::string by_credential, std::string address)
      : name(std::move(who)), credential(std::move(by_credential)), from(std::move(address)) {}

  /// The same, for what goes with a change that is public already and cannot be refused any more.
  Actor settled() const { return {name, credential, from}; }

  std::string name;             ///< "staff:an", "install:01J…", "server"
  std::string credential = {};  ///< by which of theirs: "token:1f2e3d4c5b6a", "session:0a1b2c3d4e5f"
  std::string from = {};        ///< the network address from which the request came
  std::optional<Admission> admission = {};

  bool operator==(const Actor&) const = default;
};

}  // namespace kip::server
