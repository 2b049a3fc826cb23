#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <manifests/core/digest.hpp>
#include <manifests/model/customer.hpp>
#include <signing/keys/key.hpp>

namespace kip::server {

/// An admission for one install, or for as many as a site has seats; of the secret only the digest is kept.
struct EnrolmentCodeRecord {
  Sha256Digest secret;
  TaxCode customer;
  ProductId product;
  std::string label;  ///< of the computer or of the site
  Instant expires;
  std::optional<InstallId> replaces = {};  ///< the install that ends where this code is used
  std::int64_t seats = 1;                  ///< computers that may use it
  bool approval = false;                   ///< each of them waits for a person's word

  bool operator==(const EnrolmentCodeRecord&) const = default;
};

enum class WaitingState {
  waiting,
  admitted,  ///< an install from then on
  declined,  ///< it stays out
};

std::string_view to_string(WaitingState state);
/// Errors: malformed.
Result<WaitingState> parse_waiting_state(std::string_view text);

/// A computer that has a code which lets nobody in without a person's word.
struct WaitingInstall {
  InstallId id;  ///< that it will have
  Key key;
  TaxCode customer;
  ProductId product;
  std::string label;
  Sha256Digest code;  ///< of the secret
  Instant asked;
  WaitingState state = WaitingState::waiting;

  bool operator==(const WaitingInstall&) const = default;
};

inline InstallId key_of(const WaitingInstall& install) {
  return install.id;
}
inline Sha256Digest key_of(const EnrolmentCodeRecord& code) {
  return code.secret;
}

}  // namespace kip::server
