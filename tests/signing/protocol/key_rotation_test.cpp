#include <gtest/gtest.h>

#include <signing/crypto/random.hpp>
#include <signing/protocol/key_rotation.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

Signer new_signer(KeyType type = KeyType::ed25519) {
  return Signer::of(PrivateKey::generate(type).value());
}

class KeyRotations : public ::testing::Test {
 protected:
  KeyRotation said() {
    return {TenantId::parse("an-phat").value(), InstallId::make({}, {}), old_.key_id,
            Key::of(next_.key.public_key()).json(), *parse_instant("2026-11-22T08:00:00.5Z")};
  }
  Key old_key() { return Key::of(old_.key.public_key()); }

  Signer old_ = new_signer();
  Signer next_ = new_signer();
};

TEST_F(KeyRotations, AreWhatBothKeysHaveSigned) {
  const auto read = read_rotation(sign_rotation(said(), old_, next_).value());
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(read->said, said());
  EXPECT_EQ(read->new_key.id(), next_.key_id);
  EXPECT_THAT(verify_given_up(*read, old_key()), is_ok());
}

TEST_F(KeyRotations, MayGiveAKeyOfAnotherTypeUp) {
  old_ = new_signer(KeyType::ecdsa_p256);
  const auto read = read_rotation(sign_rotation(said(), old_, next_).value());
  ASSERT_THAT(read, is_ok());
  EXPECT_THAT(verify_given_up(*read, old_key()), is_ok());
}

TEST_F(KeyRotations, NeedEachSignature) {
  EXPECT_THAT(read_rotation(sign_rotation(said(), old_, old_).value()), fails_with(ErrorCode::signature, "new key"));
  const auto without_old = read_rotation(sign_rotation(said(), next_, next_).value());
  ASSERT_THAT(without_old, is_ok());
  EXPECT_THAT(verify_given_up(*without_old, old_key()), fails_with(ErrorCode::signature, "old key"));
}

TEST_F(KeyRotations, GiveUpOneKeyOnly) {
  const auto read = read_rotation(sign_rotation(said(), old_, next_).value());
  EXPECT_THAT(verify_given_up(*read, Key::of(new_signer().key.public_key())), fails_with(ErrorCode::denied));
}

TEST_F(KeyRotations, SayNothingUnderAnotherType) {
  const auto right = sign_rotation(said(), old_, next_).value();
  dsse::Envelope envelope = dsse::parse(right).value();
  envelope.payload_type = "application/vnd.kip.enrolment+json";
  EXPECT_THAT(read_rotation(dsse::to_bytes(envelope)), fails_with(ErrorCode::signature));
  auto payload = json::parse(envelope.payload).value();
  (*payload.as_object())["format"] = "kip.key-rotation/2";
  EXPECT_THAT(parse_key_rotation(json::to_compact(payload)), fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip
