#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/core/ids.hpp>
#include <signing/crypto/random.hpp>
#include <signing/keys/key.hpp>

namespace kip {

/// How far the clocks of install and server may differ for a signed request.
inline constexpr std::chrono::minutes kRequestClockTolerance{10};

/// An install's authority for one HTTP request: its signature over method, path, body, time and nonce.
/// Format: docs/formats/receipt.md, "Signed requests".
struct RequestSignature {
  InstallId install;
  Instant time;
  std::string time_text;  ///< as it was sent, which is what was signed
  std::string nonce;      ///< 32 hexadecimal digits
  Bytes signature;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The four headers Kip-Install, Kip-Time, Kip-Nonce and Kip-Signature.
Result<Headers> sign_request(const InstallId& install, const PrivateKey& key, std::string_view method,
                             std::string_view path, BytesView body, Instant now, RandomSource& random);

/// Errors: denied where a header is missing or malformed.
Result<RequestSignature> parse_request_signature(std::string_view install, std::string_view time,
                                                 std::string_view nonce, std::string_view signature);

/// Errors: denied where the signature is not of that key or the time is off by more than the tolerance.
/// That the nonce is fresh is for the caller to check.
Result<void> verify_request(const RequestSignature& signature, const PublicKey& key, std::string_view method,
                            std::string_view path, BytesView body, Instant now);

}  // namespace kip
