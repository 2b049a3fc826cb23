#pragma once

#include <memory>
#include <string_view>

#include <signing/crypto/public_key.hpp>
#include <signing/crypto/secret.hpp>

namespace kip {

/// A private key that signs with the scheme of its public half. Movable; signing is thread-safe.
class PrivateKey {
 public:
  /// Ed25519 and ECDSA P-256 sign here; the other types only verify. Errors: usage.
  static Result<PrivateKey> generate(KeyType type);
  /// PKCS#8 PEM, encrypted or not. An empty passphrase opens only an unencrypted one.
  /// Errors: denied where the passphrase is missing or wrong; malformed.
  static Result<PrivateKey> from_pem(const SecretBytes& pem, const SecretBytes& passphrase);

  /// PKCS#8 "ENCRYPTED PRIVATE KEY": PBES2 with scrypt (N=2^14, r=8, p=8) and AES-256-CBC, which `openssl pkey` reads
  /// too.
  Result<SecretBytes> to_encrypted_pem(const SecretBytes& passphrase) const;
  /// PKCS#8 "PRIVATE KEY", for keys that a machine has to use unattended.
  Result<SecretBytes> to_plain_pem() const;

  const PublicKey& public_key() const;
  /// The signature, in the form that PublicKey's table states.
  Result<Bytes> sign(BytesView message) const;

 private:
  struct Impl;
  explicit PrivateKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  static Result<PrivateKey> adopt(void* key);

  /// Shared, so that several roles may sign with one key; immutable.
  std::shared_ptr<const Impl> impl_;
};

/// True iff the PEM text is a private key under a passphrase.
bool is_encrypted_pem(BytesView pem);

}  // namespace kip
