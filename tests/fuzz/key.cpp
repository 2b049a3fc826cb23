// Public keys as they stand in metadata, and their signatures. Input: a message, a line end, a signature in hexadecimal
// (anything else is tried as it stands), a line end, a key. The key is JSON, PEM, or DER (known by its first octet),
// which is put into PEM here since nothing finds valid base64 by chance.
//   - A key that is accepted is accepted as one type only and, written and read again, is the same key.
//   - One key has one material(), however it was encoded: by this a key under two ids is known as one signer.
//   - No signature ends the process, and no key makes OpenSSL ask a person for a passphrase.

#include <array>

#include <openssl/ui.h>

#include <signing/keys/key.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

constexpr std::array kTypes = {KeyType::ed25519, KeyType::ecdsa_p256, KeyType::ecdsa_p384, KeyType::rsa};
constexpr json::Limits kLimits{.bytes = kMaxInput, .depth = 8, .values = 200};
constexpr char kDerSequence = 0x30;

std::string pem_of(BytesView der) {
  const std::string base64 = to_base64(der);
  std::string out = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64)
    out += base64.substr(i, 64) + "\n";
  return out + "-----END PUBLIC KEY-----\n";
}

int refuse_to_ask(UI*) {
  KIP_CHECK(false);
  return -1;
}

bool let_nobody_be_asked() {
  UI_METHOD* method = UI_create_method("nobody is there");
  KIP_CHECK(UI_method_set_opener(method, refuse_to_ask) == 0);
  UI_set_default_method(method);
  return true;
}

/// Whether material() has the one form of its type: the key itself (RFC 8032), or DER with the curve by name and the
/// point uncompressed (RFC 5480). For RSA DER leaves no choice.
bool has_one_form(const PublicKey& key) {
  const std::string hex = to_hex(key.material());
  switch (key.type()) {
    case KeyType::ed25519:
      return hex.size() == 64;
    case KeyType::ecdsa_p256:
      return hex.size() == 182 && hex.starts_with("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    case KeyType::ecdsa_p384:
      return hex.size() == 240 && hex.starts_with("3076301006072a8648ce3d020106052b8104002203620004");
    case KeyType::rsa:
      return true;
  }
  KIP_CHECK(false);
  return false;
}

Result<PublicKey> read_text(KeyType type, const std::string& text) {
  if (type != KeyType::ed25519) return PublicKey::from_pem(type, text);
  KIP_TRY(const Bytes octets, from_hex(text));
  return PublicKey::from_ed25519(octets);
}

void check_public_key(const PublicKey& key, BytesView message, BytesView signature) {
  KIP_CHECK(has_one_form(key));
  const auto again = read_text(key.type(), key.text());
  KIP_CHECK(again.has_value());
  KIP_CHECK(*again == key);
  KIP_CHECK(again->material() == key.material());
  KIP_CHECK(again->text() == key.text());

  const Key entry = Key::of(key);
  const auto parsed = Key::parse(entry.json());
  KIP_CHECK(parsed.has_value());
  KIP_CHECK(parsed->usable().has_value());
  KIP_CHECK(*parsed->usable() == key);
  KIP_CHECK(parsed->id() == entry.id());

  KIP_CHECK(key.verify(message, signature) == again->verify(message, signature));
}

void try_json(const json::Value& value, BytesView message, BytesView signature) {
  const auto key = Key::parse(value);
  if (!key) return;
  KIP_CHECK(key->json() == value);
  if (key->usable()) check_public_key(*key->usable(), message, signature);
}

void try_pem(BytesView pem, BytesView message, BytesView signature) {
  int accepted = 0;
  for (const KeyType type : kTypes) {
    const auto key = PublicKey::from_pem(type, pem);
    if (!key) continue;
    ++accepted;
    KIP_CHECK(key->type() == type);
    check_public_key(*key, message, signature);
  }
  KIP_CHECK(accepted <= 1);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  [[maybe_unused]] static const bool kReady = fuzz::let_nobody_be_asked();
  if (size > fuzz::kMaxInput) return -1;
  BytesView rest = fuzz::view(data, size);
  const BytesView message = fuzz::take_until(rest, '\n');
  const BytesView line = fuzz::take_until(rest, '\n');
  const Bytes signature = from_hex(line).value_or(Bytes(line));
  if (rest.starts_with(fuzz::kDerSequence)) {
    fuzz::try_pem(fuzz::pem_of(rest), message, signature);
  } else if (const auto value = json::parse(rest, fuzz::kLimits)) {
    fuzz::try_json(*value, message, signature);
  } else {
    fuzz::try_pem(rest, message, signature);
  }
  return 0;
}
