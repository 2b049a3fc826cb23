#pragma once

#include <memory>

#include <signing/crypto/private_key.hpp>
#include <signing/crypto/random.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::tsp {

/// Certificates of a development authority, in PEM.
struct AuthorityCertificates {
  std::string ca;
  std::string signer;
};

/// Makes a root of its own, whose key is forgotten at once, and below it a certificate for the key, for time stamps
/// alone and for ten years. Both names say that it is not independent. Errors: usage unless the key is ECDSA P-256.
Result<AuthorityCertificates> certify_development_authority(const PrivateKey& key, Instant now, RandomSource& random);

/// A time stamping authority for demonstrations and tests: complete, and worth nothing as evidence, since its clock is
/// that of whoever runs it. Its tokens are under kDevelopmentPolicy and say so in the signer's name.
/// Thread-safe: what OpenSSL cannot share is made for each answer.
class DevelopmentAuthority {
 public:
  static constexpr std::size_t kMaxRequest = 64U << 10U;
  static constexpr std::chrono::seconds kAccuracy{1};

  /// Clock and randomness must outlive it. Errors: malformed, usage.
  static Result<DevelopmentAuthority> create(const PrivateKey& key, const AuthorityCertificates& certificates,
                                             const Clock& clock, RandomSource& random);

  /// The response to a request, which may reject it. Errors: internal.
  Result<Bytes> answer(BytesView request) const;

 private:
  struct State;
  explicit DevelopmentAuthority(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  /// Shared with the answers being made; immutable.
  std::shared_ptr<const State> state_;
};

}  // namespace kip::tsp
