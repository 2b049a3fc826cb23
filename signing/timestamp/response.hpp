#pragma once

#include <optional>
#include <string>

#include <manifests/core/bytes.hpp>

namespace kip::tsp {

/// What an authority answers. Source: RFC 3161 section 2.4.2
struct Response {
  static constexpr std::size_t kMaxBytes = 64U << 10U;

  bool granted = false;  ///< status granted or grantedWithMods
  /// "rejection (unacceptedPolicy): the policy is not mine", in the authority's own words where it gave any.
  std::string status;
  /// The authority says that it cannot now: waiting, timeNotAvailable, systemFailure. Asking again later is sensible.
  bool passing = false;
  std::optional<Bytes> token = {};  ///< as received; there is one exactly where it is granted

  /// Errors: too_large; malformed, also where status and token contradict each other.
  static Result<Response> parse(BytesView bytes);
};

/// The token out of a response, or the token itself. Errors: as Response::parse(); denied where nothing is granted.
Result<Bytes> unwrap_token(BytesView token_or_response);

}  // namespace kip::tsp
