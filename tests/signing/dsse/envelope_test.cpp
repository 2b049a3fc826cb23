#include <gtest/gtest.h>

#include <signing/dsse/envelope.hpp>
#include <testing/matchers.hpp>

namespace kip::dsse {
namespace {

using testing::fails_with;
using testing::is_ok;

Signer make_signer() {
  return Signer::of(*PrivateKey::generate(KeyType::ed25519));
}

TEST(Dsse, EncodesAsTheSpecificationsExample) {
  // Source: DSSE protocol.md, test vectors
  EXPECT_EQ(pre_authentication_encoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Dsse, RoundTripsAndBindsPayloadAndType) {
  const Signer signer = make_signer();
  const auto envelope = sign("application/vnd.kip.event+json", "{\"a\":1}", signer);
  ASSERT_THAT(envelope, is_ok());
  const auto read = parse(to_bytes(*envelope));
  ASSERT_THAT(read, is_ok());
  const std::vector<PublicKey> keys = {signer.key.public_key()};
  EXPECT_EQ(*verify(*read, "application/vnd.kip.event+json", keys), "{\"a\":1}");
  EXPECT_THAT(verify(*read, "application/vnd.kip.receipt+json", keys), fails_with(ErrorCode::signature));
  Envelope changed = *read;
  changed.payload += " ";
  EXPECT_THAT(verify(changed, "application/vnd.kip.event+json", keys), fails_with(ErrorCode::signature));
  EXPECT_THAT(verify(*read, "application/vnd.kip.event+json", {make_signer().key.public_key()}),
              fails_with(ErrorCode::signature));
  EXPECT_THAT(verify(*read, "application/vnd.kip.event+json", keys, 0), fails_with(ErrorCode::signature));
}

TEST(Dsse, CountsDistinctKeysOnly) {
  const Signer signer = make_signer();
  auto envelope = sign("t", "p", signer);
  envelope->signatures.push_back(envelope->signatures[0]);
  const PublicKey& key = signer.key.public_key();
  EXPECT_THAT(verify(*envelope, "t", {key, key}, 2), fails_with(ErrorCode::signature));
}

}  // namespace
}  // namespace kip::dsse
