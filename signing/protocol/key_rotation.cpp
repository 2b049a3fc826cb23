#include <signing/protocol/key_rotation.hpp>

namespace kip {

Result<Bytes> sign_rotation(const KeyRotation& rotation, const Signer& old_key, const Signer& new_key) {
  const Bytes payload = json::to_compact(to_json(rotation));
  KIP_TRY(dsse::Envelope envelope, dsse::sign(std::string(kKeyRotationType), payload, old_key));
  KIP_TRY(const dsse::Envelope by_new, dsse::sign(std::string(kKeyRotationType), payload, new_key));
  envelope.signatures.push_back(by_new.signatures.front());
  return dsse::to_bytes(envelope);
}

Result<SignedRotation> read_rotation(BytesView bytes) {
  KIP_TRY(dsse::Envelope envelope, dsse::parse(bytes));
  KIP_TRY(KeyRotation said, parse_key_rotation(envelope.payload));
  KIP_TRY(Key key, Key::parse(said.new_key));
  // Written in one way only, so that one key has one id.
  if (!key.usable() || key.usable()->type() != KeyType::ed25519 || key != Key::of(*key.usable()))
    return fail(ErrorCode::malformed, "the new key must be an Ed25519 key without further members");
  if (key.id() == said.old_key) return fail(ErrorCode::malformed, "the new key is the old one");
  const auto verified = dsse::verify(envelope, kKeyRotationType, {*key.usable()});
  if (!verified) return fail_while("the new key's signature of its rotation", verified.error());
  return SignedRotation{std::move(said), std::move(key), std::move(envelope)};
}

Result<void> verify_given_up(const SignedRotation& rotation, const Key& key) {
  if (key.id() != rotation.said.old_key) return fail(ErrorCode::denied, "it gives another key up than the install's");
  if (!key.usable()) return fail(ErrorCode::signature, "the key that is given up cannot be used");
  const auto verified = dsse::verify(rotation.envelope, kKeyRotationType, {*key.usable()});
  if (!verified) return fail_while("the old key's signature of its rotation", verified.error());
  return {};
}

}  // namespace kip
