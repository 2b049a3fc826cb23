#pragma once

#include <signing/crypto/public_key.hpp>

#include "evp.hpp"

namespace kip {

struct PublicKey::Impl {
  KeyType type;
  evp::Key key;
  Bytes material;
};

namespace evp {

/// Which of our types an OpenSSL key is, with its bounds checked. Errors: malformed.
Result<KeyType> type_of(const EVP_PKEY* key);

/// The digest that the key's scheme signs, or null for Ed25519, which signs the message itself.
const EVP_MD* digest_of(KeyType type);

/// Sets the padding that the key's scheme asks for.
bool configure(EVP_PKEY_CTX* context, KeyType type);

/// Ed25519's 32 octets, or DER SubjectPublicKeyInfo. Sets an EC key to write its point uncompressed from now on.
Bytes material_of(EVP_PKEY* key, KeyType type);

}  // namespace evp
}  // namespace kip
