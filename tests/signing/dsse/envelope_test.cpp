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

TEST(Dsse, ReadsWhatItWritesAsAnyOtherJson) {
  const Envelope two{"application/x", Bytes("\0\xff{}", 4), {{"a", "1"}, {"", Bytes(64, '\x7f')}}};
  const std::vector<Envelope> envelopes = {two,
                                           {"t", "", {}},
                                           {"t", "p", {{"k", ""}}},
                                           {"quote \" and \\", "p", {{"cl\u00e9", "x"}}},
                                           {std::string(256, 't'), "p", {{std::string(256, 'k'), "x"}}}};
  for (const Envelope& envelope : envelopes) {
    const Bytes own = to_bytes(envelope);
    const auto read = parse(own);
    ASSERT_THAT(read, is_ok());
    EXPECT_EQ(*read, envelope);
    EXPECT_EQ(parse("{ " + own.substr(1)).value(), envelope) << "as somebody else may write it";
  }
  // Each octet changed, left out and doubled: what is read must not depend on the way in which it is written.
  const Bytes own = to_bytes(two);
  for (std::size_t at = 1; at < own.size(); ++at) {
    for (const std::string& with : {std::string("\""), std::string("\\"), std::string(","), std::string("]"),
                                    std::string("A"), std::string("\x01"), std::string(), std::string(2, own[at])}) {
      const Bytes changed = own.substr(0, at) + with + own.substr(at + 1);
      const auto direct = parse(changed);
      const auto by_json = parse("{ " + changed.substr(1));
      ASSERT_EQ(bool(direct), bool(by_json)) << changed;
      if (direct) {
        ASSERT_EQ(*direct, *by_json) << changed;
      }
    }
  }
  EXPECT_FALSE(parse(own.substr(0, own.size() - 2) + ",]}")) << "nothing follows the comma";
  EXPECT_FALSE(parse(own + own));
  EXPECT_FALSE(parse(to_bytes({std::string(257, 't'), "p", {}})));
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
