#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/file_check.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/matchers.hpp>

namespace kip::tuf {
namespace {

using testing::fails_with;
using testing::is_ok;

struct Match {
  const char* pattern;
  const char* path;
  bool expected;
};

TEST(PathMatches, FollowsTheSpecification) {
  // Source: TUF specification 4.5, examples of "paths"
  for (const Match& row :
       {Match{"targets/*.tgz", "targets/foo.tgz", true}, Match{"targets/*.tgz", "targets/foo.txt", false},
        Match{"targets/*.tgz", "targets/a/foo.tgz", false}, Match{"foo-version-?.tgz", "foo-version-2.tgz", true},
        Match{"foo-version-?.tgz", "foo-version-alpha.tgz", false}, Match{"*.tgz", "foo.tgz", true},
        Match{"*.tgz", "targets/foo.tgz", false}, Match{"foo.tgz", "targets/foo.tgz", false}, Match{"*", "", true},
        Match{"a*b*c", "a-b-b-c", true}, Match{"a*b", "ac", false}, Match{"forms/*", "forms/x-1.0.kpk", true},
        Match{"?", "/", false}}) {
    EXPECT_EQ(path_matches(row.pattern, row.path), row.expected) << row.pattern << " " << row.path;
  }
}

TEST(Document, RefusesOneKeyIdTwice) {
  EXPECT_THAT(parse_document(R"({"signed":{},"signatures":[{"keyid":"a","sig":"00"},{"keyid":"a","sig":"01"}]})", 1000),
              fails_with(ErrorCode::malformed, "twice"));
  EXPECT_THAT(parse_document(R"({"signed":{}})", 1000), fails_with(ErrorCode::malformed));
}

class Thresholds : public ::testing::Test {
 protected:
  Signer a_ = Signer::of(*PrivateKey::generate(KeyType::ed25519));
  Signer b_ = Signer::of(*PrivateKey::generate(KeyType::ecdsa_p256));

  Document document(const std::vector<const Signer*>& signers) {
    return *parse_document(*sign_metadata(json::Object{{"x", 1}}, signers), 10'000);
  }
  KeyMap keys() const {
    KeyMap out;
    out.emplace(a_.key_id, Key::of(a_.key.public_key()));
    out.emplace(b_.key_id, Key::of(b_.key.public_key()));
    return out;
  }
};

TEST_F(Thresholds, CountValidSignaturesOfTheRolesKeys) {
  const Role two{{a_.key_id, b_.key_id}, 2};
  EXPECT_THAT(verify_threshold(document({&a_, &b_}), keys(), two, "r"), is_ok());
  EXPECT_THAT(verify_threshold(document({&a_}), keys(), two, "r"), fails_with(ErrorCode::signature, "1 of the 2"));
  const Role only_b{{b_.key_id}, 1};
  EXPECT_THAT(verify_threshold(document({&a_}), keys(), only_b, "r"), fails_with(ErrorCode::signature));
}

TEST_F(Thresholds, TolerateAnInvalidSignatureWhileEnoughAreValid) {
  Document signed_twice = document({&a_, &b_});
  for (Signature& signature : signed_twice.signatures) {
    if (signature.key_id == b_.key_id) signature.octets = "garbage";
  }
  EXPECT_THAT(verify_threshold(signed_twice, keys(), Role{{a_.key_id, b_.key_id}, 1}, "r"), is_ok());
}

TEST_F(Thresholds, CountOneKeyUnderTwoIdsOnce) {
  KeyMap two_ids;
  two_ids.emplace("one", Key::of(a_.key.public_key()));
  two_ids.emplace("two", Key::of(a_.key.public_key()));
  Document twice = document({&a_});
  twice.signatures = {{"one", twice.signatures[0].octets}, {"two", twice.signatures[0].octets}};
  EXPECT_THAT(verify_threshold(twice, two_ids, Role{{"one", "two"}, 2}, "r"), fails_with(ErrorCode::signature));
}

TEST(CheckFile, ComparesLengthAndEveryKnownHash) {
  const std::string right = sha256("abc").hex();
  EXPECT_THAT(check_file("abc", 3, {{"sha256", right}}, "f"), is_ok());
  EXPECT_THAT(check_file("abc", 4, {{"sha256", right}}, "f"), fails_with(ErrorCode::integrity));
  EXPECT_THAT(check_file("abd", 3, {{"sha256", right}}, "f"), fails_with(ErrorCode::integrity));
  EXPECT_THAT(check_file("abc", 3, {{"sha256", right}, {"sha512", "00"}}, "f"), fails_with(ErrorCode::integrity));
  EXPECT_THAT(check_file("abc", 3, {{"blake2", "00"}}, "f"), fails_with(ErrorCode::integrity));
}

TEST(Locations, FollowConsistentSnapshots) {
  const TargetFile file{1, {{"sha256", "ab"}}, {}};
  EXPECT_EQ(target_location("forms/x.kpk", file, true), "forms/ab.x.kpk");
  EXPECT_EQ(target_location("x.kpk", file, true), "ab.x.kpk");
  EXPECT_EQ(target_location("forms/x.kpk", file, false), "forms/x.kpk");
  EXPECT_EQ(encode_role("a/b é"), "a%2Fb%20%C3%A9");
}

}  // namespace
}  // namespace kip::tuf
