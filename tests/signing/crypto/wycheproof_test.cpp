#include <filesystem>

#include <gtest/gtest.h>

#include <manifests/codec/json.hpp>
#include <signing/crypto/public_key.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

/// A file of Project Wycheproof. RSA's is about PKCS #1 v1.5, which the scheme rsassa-pss-sha256 must not take: of its
/// signatures only the one that is PSS with a salt of 32 octets may verify.
struct Vectors {
  const char* file;
  KeyType type;
  int at_least;  ///< tests in the file, so that an empty one does not pass
};

class Wycheproof : public ::testing::TestWithParam<Vectors> {};

const std::string& text_of(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_text();
}

Result<PublicKey> key_of(const json::Value& group, KeyType type) {
  if (type != KeyType::ed25519) return PublicKey::from_pem(type, text_of(group, "publicKeyPem"));
  return PublicKey::from_ed25519(from_hex(text_of(*group.find("publicKey"), "pk")).value());
}

bool is_valid(const json::Value& test, KeyType type) {
  constexpr std::int64_t kPssWithOurSalt = 258;
  if (type == KeyType::rsa) return *test.find("tcId")->as_integer() == kPssWithOurSalt;
  return text_of(test, "result") == "valid";
}

TEST_P(Wycheproof, SignaturesAreJudgedRightly) {
  const std::filesystem::path path = std::filesystem::path(KIP_VECTORS) / "wycheproof" / GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no public test vectors at " << path;
  const auto value = json::parse(testing::read_file(path.string()), {.bytes = 64U << 20U});
  ASSERT_THAT(value, is_ok());
  int tests = 0;
  for (const json::Value& group : *value->find("testGroups")->as_array()) {
    const auto key = key_of(group, GetParam().type);
    if (!key) {
      // One group has a key with the exponent 3, too small for us.
      ASSERT_EQ(GetParam().type, KeyType::rsa);
      EXPECT_THAT(key, fails_with(ErrorCode::malformed, "odd exponent"));
      continue;
    }
    for (const json::Value& test : *group.find("tests")->as_array()) {
      const bool valid = is_valid(test, GetParam().type);
      const Bytes message = from_hex(text_of(test, "msg")).value();
      const Bytes signature = from_hex(text_of(test, "sig")).value();
      EXPECT_EQ(key->verify(message, signature), valid)
          << *test.find("tcId")->as_integer() << " " << text_of(test, "comment");
      ++tests;
    }
  }
  EXPECT_GE(tests, GetParam().at_least);
}

INSTANTIATE_TEST_SUITE_P(Files, Wycheproof,
                         ::testing::Values(Vectors{"ed25519_test.json", KeyType::ed25519, 150},
                                           Vectors{"ecdsa_secp256r1_sha256_test.json", KeyType::ecdsa_p256, 480},
                                           Vectors{"rsa_signature_3072_sha256_test.json", KeyType::rsa, 240}),
                         [](const auto& row) {
                           const std::string name = row.param.file;
                           return name.substr(0, name.find('_'));
                         });

}  // namespace
}  // namespace kip
