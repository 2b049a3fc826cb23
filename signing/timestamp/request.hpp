#pragma once

#include <manifests/core/digest.hpp>
#include <signing/crypto/random.hpp>

namespace kip::tsp {

/// A request for a time stamp. It is kept as sent, so that an answer can be held against it after a crash.
struct Request {
  static constexpr std::size_t kMaxBytes = 4096;

  Bytes der;
  Sha256Digest digest;  ///< what is to be stamped
  std::string nonce;    ///< hexadecimal, as in the token's claims

  /// Of what make_request() has made and was stored. Errors: malformed.
  static Result<Request> parse(BytesView der);

  bool operator==(const Request&) const = default;
};

/// Asks for a token over the digest, with a nonce of 64 random bits and with the certificates. `policy` is the one
/// that is asked for; empty: the authority's own. Errors: malformed where the policy is no object identifier.
/// Source: RFC 3161 section 2.4.1
Result<Request> make_request(const Sha256Digest& digest, RandomSource& random, const std::string& policy = {});

}  // namespace kip::tsp
