#pragma once

#include <optional>
#include <string>

#include <manifests/codec/json.hpp>
#include <signing/crypto/private_key.hpp>

namespace kip {

/// A public key as TUF metadata has it: type, scheme, value and whatever else stands there. Kept as received, since the
/// key's id is a hash over all of it. A key of a type or scheme that is not known here stays listed but counts for
/// nothing.
class Key {
 public:
  /// Errors: malformed where keytype, scheme or keyval.public is missing, or where a known type holds no such key.
  static Result<Key> parse(const json::Value& value);
  static Key of(const PublicKey& key);

  const json::Value& json() const { return json_; }
  /// SHA-256 of the canonical JSON, hexadecimal. Source: TUF specification 4.2.
  const std::string& id() const { return id_; }
  const std::optional<PublicKey>& usable() const { return public_key_; }

  bool operator==(const Key& other) const { return json_ == other.json_; }

 private:
  Key(json::Value value, std::optional<PublicKey> key);

  json::Value json_;
  std::string id_;
  std::optional<PublicKey> public_key_;
};

/// A private key with the id under which its public half is known.
struct Signer {
  PrivateKey key;
  std::string key_id;

  static Signer of(PrivateKey key);
};

}  // namespace kip
