#include <gtest/gtest.h>

#include <signing/crypto/password_hash.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;

/// The salt of the vector below.
class SeaSalt final : public RandomSource {
 public:
  Bytes bytes(std::size_t count) override { return Bytes("SodiumChlorideSodium").substr(0, count); }
};

SecretBytes secret(std::string_view text) {
  return SecretBytes(Bytes(text));
}

TEST(PasswordHash, IsThatOfScrypt) {
  SeaSalt random;
  // By Python's hashlib.scrypt(b"pleaseletmein", salt=b"SodiumChlorideSo", n=2**15, r=8, p=1, maxmem=2**26, dklen=32).
  EXPECT_EQ(PasswordHash::make(secret("pleaseletmein"), random).str(),
            "$scrypt$ln=15,r=8,p=1$U29kaXVtQ2hsb3JpZGVTbw$osaMQmpuMR9+ef5Sx8bRAB1QAhXt9R2QaC9P6gEbLAs");
}

TEST(PasswordHash, IsOfOnePasswordOnly) {
  SystemRandom random;
  const PasswordHash hash = PasswordHash::make(secret("correct horse"), random);
  EXPECT_TRUE(hash.is_of(secret("correct horse")));
  EXPECT_FALSE(hash.is_of(secret("correct horsf")));
  EXPECT_FALSE(hash.is_of(secret("")));
  EXPECT_NE(PasswordHash::make(secret("correct horse"), random), hash);
  EXPECT_EQ(PasswordHash::parse(hash.str()).value(), hash);
}

TEST(PasswordHash, OfNobodyIsLikeAnotherAndOfNoPassword) {
  SystemRandom random;
  const PasswordHash hash = PasswordHash::of_nobody(random);
  EXPECT_EQ(PasswordHash::parse(hash.str()).value(), hash);
  EXPECT_EQ(hash.str().size(), PasswordHash::make(secret("x"), random).str().size());
  EXPECT_FALSE(hash.is_of(secret("")));
}

TEST(PasswordHash, WhatIsNotAsItIsWrittenIsRefused) {
  SystemRandom random;
  const std::string good = PasswordHash::make(secret("correct horse"), random).str();
  std::string costly = good;
  costly.replace(costly.find("ln=15"), 5, "ln=30");
  for (const std::string& text : {std::string(), good.substr(1), good + "A", good.substr(0, good.size() - 1), costly,
                                  good.substr(0, good.rfind('$'))})
    EXPECT_THAT(PasswordHash::parse(text), fails_with(ErrorCode::malformed)) << text;
}

}  // namespace
}  // namespace kip
