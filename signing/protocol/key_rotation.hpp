#pragma once

#include <manifests/model/key_rotation.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/keys/key.hpp>

namespace kip {

/// A rotation as it came, signed by the key that it brings: who sent it has that one. Whether the key that is given up
/// has signed it as well is for verify_given_up() to say.
struct SignedRotation {
  KeyRotation said;
  Key new_key;  ///< Ed25519, written as Key::of() writes it
  dsse::Envelope envelope;
};

/// The envelope of a rotation, signed by both keys.
Result<Bytes> sign_rotation(const KeyRotation& rotation, const Signer& old_key, const Signer& new_key);

/// Errors: malformed, also for a new key that is not Ed25519 or has further members, or is the old one; signature where
/// the new key has not signed.
Result<SignedRotation> read_rotation(BytesView envelope);

/// Errors: denied where the rotation gives up another key than this one; signature where this one has not signed it.
Result<void> verify_given_up(const SignedRotation& rotation, const Key& key);

}  // namespace kip
