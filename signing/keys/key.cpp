#include <manifests/codec/reader.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/keys/key.hpp>

namespace kip {
namespace {

struct Scheme {
  KeyType type;
  std::string_view keytype;
  std::string_view scheme;
};

/// The first row of a type is the one we write; "ecdsa-sha2-nistp256" as keytype stands in old roots.
constexpr std::array<Scheme, 6> kSchemes = {{
    {KeyType::ed25519, "ed25519", "ed25519"},
    {KeyType::ecdsa_p256, "ecdsa", "ecdsa-sha2-nistp256"},
    {KeyType::ecdsa_p256, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    {KeyType::ecdsa_p384, "ecdsa", "ecdsa-sha2-nistp384"},
    {KeyType::ecdsa_p384, "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    {KeyType::rsa, "rsa", "rsassa-pss-sha256"},
}};

Result<PublicKey> read_public(KeyType type, const std::string& text) {
  if (type != KeyType::ed25519) return PublicKey::from_pem(type, text);
  KIP_TRY(const Bytes octets, from_hex(text));
  return PublicKey::from_ed25519(octets);
}

}  // namespace

Key::Key(json::Value value, std::optional<PublicKey> key)
    : json_(std::move(value)), id_(sha256(json::to_canonical(json_)).hex()), public_key_(std::move(key)) {}

Result<Key> Key::parse(const json::Value& value) {
  json::ObjectReader in(value, "key");
  const std::string keytype = in.text("keytype", 100);
  const std::string scheme = in.text("scheme", 100);
  json::ObjectReader keyval(in.object("keyval"), "key");
  const std::string text = keyval.text("public", 16'384);
  KIP_TRY_VOID(in.finish());
  KIP_TRY_VOID(keyval.finish());
  for (const Scheme& row : kSchemes) {
    if (row.keytype != keytype || row.scheme != scheme) continue;
    KIP_TRY(PublicKey key, read_public(row.type, text));
    return Key(value, std::move(key));
  }
  return Key(value, std::nullopt);
}

Key Key::of(const PublicKey& key) {
  for (const Scheme& row : kSchemes) {
    if (row.type != key.type()) continue;
    json::Object object;
    object["keytype"] = row.keytype;
    object["scheme"] = row.scheme;
    object["keyval"] = json::Object{{"public", key.text()}};
    return Key(std::move(object), key);
  }
  KIP_CHECK(false);
  return Key({}, std::nullopt);
}

Signer Signer::of(PrivateKey key) {
  std::string id = Key::of(key.public_key()).id();
  return {std::move(key), std::move(id)};
}

}  // namespace kip
