#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <manifests/core/bytes.hpp>
#include <manifests/core/digest.hpp>

namespace kip {

enum class KeyType { ed25519, ecdsa_p256, ecdsa_p384, rsa };

/// A public key with the one signature scheme it is used with. An immutable value; thread-safe.
///
/// | type       | scheme              | signature                     |
/// |------------|---------------------|-------------------------------|
/// | ed25519    | ed25519             | 64 octets (RFC 8032)          |
/// | ecdsa_p256 | ecdsa-sha2-nistp256 | DER (SEC 1), over SHA-256     |
/// | ecdsa_p384 | ecdsa-sha2-nistp384 | DER, over SHA-384             |
/// | rsa        | rsassa-pss-sha256   | salt of 32 octets, MGF1-SHA256|
class PublicKey {
 public:
  /// 32 octets. Errors: malformed.
  static Result<PublicKey> from_ed25519(BytesView octets);
  /// A PEM "PUBLIC KEY" of exactly this type. RSA: 2048 to 8192 bits, odd exponent above 2^16. ECDSA: the curve by
  /// name, its point in any encoding. Errors: malformed on another type, curve or size, or on further text.
  static Result<PublicKey> from_pem(KeyType type, std::string_view pem);

  KeyType type() const;
  /// Ed25519: the 32 octets. Others: DER SubjectPublicKeyInfo, a point uncompressed. Equal for equal keys.
  const Bytes& material() const;
  /// As TUF has it in keyval.public: hexadecimal for Ed25519, else PEM.
  std::string text() const;
  /// True iff the signature over the message is valid. A malformed signature is an invalid one.
  bool verify(BytesView message, BytesView signature) const;

  bool operator==(const PublicKey& other) const;

 private:
  friend class PrivateKey;
  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  /// Shared, since keys are copied into every set of trusted metadata and never change.
  std::shared_ptr<const Impl> impl_;
};

}  // namespace kip
