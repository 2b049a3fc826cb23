#include <gtest/gtest.h>

#include <signing/crypto/private_key.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/keys/key.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

SecretBytes secret(std::string text) {
  return SecretBytes(std::move(text));
}

TEST(Sha256, MatchesTheStandardsExamples) {
  // Source: FIPS 180-4 examples
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256Hasher hasher;
  hasher.update("a");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(PublicKey, VerifiesTheSecondEd25519VectorOfRfc8032AndNothingElse) {
  // Source: RFC 8032, 7.1, test 2
  const auto key =
      PublicKey::from_ed25519(*from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  Bytes signature = *from_hex(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b00d"
      "291612bb0c00");
  EXPECT_TRUE(key->verify("\x72", signature));
  EXPECT_FALSE(key->verify("\x73", signature));
  EXPECT_FALSE(key->verify("\x72", signature.substr(1)));
  EXPECT_FALSE(key->verify("\x72", ""));
  signature[0] = static_cast<char>(signature[0] ^ 1);
  EXPECT_FALSE(key->verify("\x72", signature));
}

std::string public_pem(const std::string& base64) {
  return "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n";
}

// One P-256 key in the encodings that OpenSSL reads.
const std::string kUncompressed = public_pem(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESUSotJf4O7FlT3wI8SIZkMq20X7g\n"
    "vz0BTwUI9RL1qImsr+oVUwfOtf1GMdrlnsOFtF50dfNeYFVmJBdLDWE3qg==");
const std::string kHybrid = public_pem(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAGSUSotJf4O7FlT3wI8SIZkMq20X7g\n"
    "vz0BTwUI9RL1qImsr+oVUwfOtf1GMdrlnsOFtF50dfNeYFVmJBdLDWE3qg==");
const std::string kCompressed = public_pem(
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACSUSotJf4O7FlT3wI8SIZkMq20X7g\n"
    "vz0BTwUI9RL1qIk=");
const std::string kExplicitCurve = public_pem(
    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
    "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
    "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
    "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
    "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
    "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABElEqLSX+DuxZU98CPEiGZDK\n"
    "ttF+4L89AU8FCPUS9aiJrK/qFVMHzrX9RjHa5Z7DhbRedHXzXmBVZiQXSw1hN6o=");

TEST(PublicKey, IsTheSameHoweverItsPointWasEncoded) {
  const auto key = PublicKey::from_pem(KeyType::ecdsa_p256, kUncompressed);
  ASSERT_THAT(key, is_ok());
  EXPECT_EQ(key->text(), kUncompressed);
  for (const std::string& pem : {kCompressed, kHybrid}) {
    const auto same = PublicKey::from_pem(KeyType::ecdsa_p256, pem);
    ASSERT_THAT(same, is_ok());
    EXPECT_EQ(*same, *key);
    EXPECT_EQ(same->material(), key->material());
    EXPECT_EQ(same->text(), kUncompressed);
  }
}

TEST(PublicKey, RefusesACurveThatIsNotGivenByName) {
  EXPECT_THAT(PublicKey::from_pem(KeyType::ecdsa_p256, kExplicitCurve), fails_with(ErrorCode::malformed, "by name"));
}

TEST(PublicKey, ReadsOnePemBlockAndNothingAroundOrWithinIt) {
  EXPECT_THAT(PublicKey::from_pem(KeyType::ecdsa_p256, "\n" + kUncompressed + " \r\n"), is_ok());
  std::string encrypted = kUncompressed;
  encrypted.insert(encrypted.find('\n') + 1,
                   "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  for (const std::string& pem : {"before\n" + kUncompressed, kUncompressed + "after\n", kUncompressed + kUncompressed,
                                 encrypted, std::string("\n"), std::string("-----BEGIN PUBLIC KEY-----")})
    EXPECT_THAT(PublicKey::from_pem(KeyType::ecdsa_p256, pem), fails_with(ErrorCode::malformed, "one block")) << pem;
}

class SigningKey : public ::testing::TestWithParam<KeyType> {};

TEST_P(SigningKey, SignsWhatOnlyItsPublicHalfVerifies) {
  const auto key = PrivateKey::generate(GetParam());
  const auto other = PrivateKey::generate(GetParam());
  ASSERT_THAT(key, is_ok());
  const auto signature = key->sign("statement");
  ASSERT_THAT(signature, is_ok());
  EXPECT_TRUE(key->public_key().verify("statement", *signature));
  EXPECT_FALSE(key->public_key().verify("statements", *signature));
  EXPECT_FALSE(other->public_key().verify("statement", *signature));
  EXPECT_FALSE(key->public_key() == other->public_key());
}

TEST_P(SigningKey, OpensOnlyWithItsPassphrase) {
  const auto key = PrivateKey::generate(GetParam());
  const auto sealed = key->to_encrypted_pem(secret("correct horse"));
  ASSERT_THAT(sealed, is_ok());
  EXPECT_TRUE(is_encrypted_pem(sealed->reveal()));
  const auto opened = PrivateKey::from_pem(*sealed, secret("correct horse"));
  ASSERT_THAT(opened, is_ok());
  EXPECT_EQ(opened->public_key(), key->public_key());
  EXPECT_THAT(PrivateKey::from_pem(*sealed, secret("wrong horse")), fails_with(ErrorCode::denied));
  EXPECT_THAT(PrivateKey::from_pem(*sealed, {}), fails_with(ErrorCode::denied));
  EXPECT_THAT(key->to_encrypted_pem({}), fails_with(ErrorCode::usage));
}

INSTANTIATE_TEST_SUITE_P(Types, SigningKey, ::testing::Values(KeyType::ed25519, KeyType::ecdsa_p256),
                         [](const auto& row) { return row.param == KeyType::ed25519 ? "ed25519" : "ecdsa_p256"; });

TEST(PrivateKey, RefusesTextThatIsNoKey) {
  EXPECT_THAT(PrivateKey::from_pem(secret("hello"), {}), fails_with(ErrorCode::malformed));
  EXPECT_THAT(PrivateKey::generate(KeyType::rsa), fails_with(ErrorCode::usage));
}

TEST(Key, IdIsTheHashOfTheCanonicalJson) {
  const auto value = json::parse(
      R"({"keyval":{"public":"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},"scheme":"ed25519","keytype":"ed25519"})");
  const auto key = Key::parse(*value);
  ASSERT_THAT(key, is_ok());
  EXPECT_EQ(key->id(), sha256(json::to_canonical(*value)).hex());
  EXPECT_TRUE(key->usable());
  EXPECT_EQ(Key::of(*key->usable()), *key);
}

TEST(Key, KeepsUnknownTypesWithoutUsingThem) {
  const auto value = json::parse(R"({"keytype":"dilithium","scheme":"ml-dsa","keyval":{"public":"00"}})");
  const auto key = Key::parse(*value);
  ASSERT_THAT(key, is_ok());
  EXPECT_FALSE(key->usable());
}

TEST(Key, RefusesAKnownTypeWithoutSuchAKey) {
  EXPECT_FALSE(Key::parse(*json::parse(R"({"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"00"}})")));
  const auto p256 = PrivateKey::generate(KeyType::ecdsa_p256);
  auto wrong_curve = Key::of(p256->public_key()).json();
  (*wrong_curve.as_object())["scheme"] = "ecdsa-sha2-nistp384";
  EXPECT_THAT(Key::parse(wrong_curve), fails_with(ErrorCode::malformed));
}

TEST(SecretBytes, TakesOverAndWipes) {
  Bytes octets = "a secret that is long enough to live on the heap";
  SecretBytes kept(std::move(octets));
  EXPECT_TRUE(octets.empty());
  SecretBytes moved(std::move(kept));
  EXPECT_TRUE(kept.empty());
  EXPECT_EQ(moved.reveal(), "a secret that is long enough to live on the heap");
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace kip
