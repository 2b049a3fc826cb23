#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/timestamp/response.hpp>
#include <signing/timestamp/token.hpp>
#include <testing/matchers.hpp>
#include <testing/time_authorities.hpp>

namespace kip::tsp {
namespace {

using kip::testing::fails_with;
using kip::testing::Identity;
using kip::testing::is_ok;
using kip::testing::make_crl;
using kip::testing::make_identity;
using kip::testing::make_token;
using kip::testing::TokenSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TokenTest : public ::testing::Test {
 protected:
  static TokenSpec spec() { return {.digest = sha256("data").bytes()}; }
  Result<VerifiedToken> verify(const Bytes& token, const Expected& expected) const {
    KIP_TRY(const auto parsed, UnverifiedToken::parse(token));
    return verify_token(parsed, expected, trust);
  }
  Result<VerifiedToken> verify(const Bytes& token) const { return verify(token, {sha256("data").bytes()}); }
  /// Verifies a token of another signer below the same root.
  Result<VerifiedToken> verify_of(kip::testing::IdentitySpec other) const {
    other.issuer = &root;
    return verify(make_token(make_identity(other), spec()));
  }

  Identity root = make_identity({.name = "Root", .ca = true});
  Identity middle = make_identity({.name = "Middle", .issuer = &root, .ca = true, .not_after = "2033-01-01T00:00:00Z"});
  Identity signer = make_identity({.name = "Signer", .issuer = &root, .more = "subjectAltName=DNS:time.example"});
  Trust trust{.roots = {root.der()}};
};

TEST_F(TokenTest, SaysWhenAndByWhom) {
  TokenSpec asked = spec();
  asked.nonce = "1234567890ABCDEF01";
  asked.tsa = "time.example";
  const auto token = verify(make_token(signer, asked), {sha256("data").bytes(), "1234567890abcdef01"});
  ASSERT_THAT(token, is_ok());
  EXPECT_EQ(format_gen_time(token->claims.gen_time), "2026-03-01T12:00:00.25Z");
  EXPECT_EQ(token->claims.accuracy, std::chrono::milliseconds(1500));
  EXPECT_EQ(token->claims.policy, "1.2.3.4");
  EXPECT_EQ(token->claims.tsa, "time.example");
  EXPECT_EQ(token->claims.imprint, (Imprint{HashAlgorithm::sha256, sha256("data").bytes()}));
  EXPECT_TRUE(token->claims.independent());
  EXPECT_EQ(token->signer().subject, "CN=Signer");
  EXPECT_EQ(token->signer().der, signer.der());
  EXPECT_EQ(format_instant(token->not_after), "2034-01-01T00:00:00Z");
  EXPECT_EQ(token->identity(), sha256(token->signature));
  EXPECT_EQ(token->unused_certificates, 0U);
  EXPECT_THAT(token->warnings, IsEmpty());
  EXPECT_THAT(token->revocation, ElementsAre(RevocationStatus{}));
}

TEST_F(TokenTest, AChainEndsWhenItsFirstCertificateExpires) {
  const Identity deep = make_identity({.name = "Deep", .issuer = &middle, .rsa = true});
  TokenSpec asked = spec();
  asked.certificates = {middle.der()};
  const auto token = verify(make_token(deep, asked));
  ASSERT_THAT(token, is_ok());
  EXPECT_EQ(token->chain.size(), 3U);
  EXPECT_EQ(format_instant(token->not_after), "2033-01-01T00:00:00Z") << "the one in the middle";
  EXPECT_THAT(verify(make_token(deep, spec())), fails_with(ErrorCode::signature, "nobody who is trusted"))
      << "the one in the middle is missing";
  trust.untrusted = {middle.der()};
  EXPECT_THAT(verify(make_token(deep, spec())), is_ok());
}

TEST_F(TokenTest, ImprintsAreOfSha2) {
  for (const auto& [name, algorithm, octets] : {std::tuple("SHA384", HashAlgorithm::sha384, 48U),
                                                {"SHA512", HashAlgorithm::sha512, 64U},
                                                {"SHA256", HashAlgorithm::sha256, 32U}}) {
    TokenSpec asked = spec();
    asked.algorithm = name;
    asked.digest = Bytes(octets, 'x');
    const auto token = verify(make_token(signer, asked), {asked.digest});
    ASSERT_THAT(token, is_ok()) << name;
    EXPECT_EQ(token->claims.imprint.algorithm, algorithm);
    asked.digest += 'x';
    EXPECT_THAT(verify(make_token(signer, asked), {asked.digest}), fails_with(ErrorCode::malformed, "as long as"));
  }
  for (const char* broken : {"SHA1", "MD5", "SHA224"}) {
    TokenSpec asked = spec();
    asked.algorithm = broken;
    asked.digest = Bytes(20, 'x');
    EXPECT_THAT(verify(make_token(signer, asked), {asked.digest}), fails_with(ErrorCode::malformed, "hash algorithm"));
  }
}

TEST_F(TokenTest, ForOtherDataOrAnotherRequestIsRefused) {
  TokenSpec asked = spec();
  EXPECT_THAT(verify(make_token(signer, asked), {sha256("other").bytes()}),
              fails_with(ErrorCode::integrity, "for other data"));
  asked.nonce = "77";
  EXPECT_THAT(verify(make_token(signer, asked), {asked.digest, "78"}), fails_with(ErrorCode::integrity, "nonce"));
  EXPECT_THAT(verify(make_token(signer, asked), {asked.digest, "77"}), is_ok());
  asked.nonce.clear();
  EXPECT_THAT(verify(make_token(signer, asked), {asked.digest, "77"}), fails_with(ErrorCode::integrity, "nonce"));
}

TEST_F(TokenTest, UnderAnotherPolicyIsRefused) {
  trust.policies = {"1.2.3.5", "1.2.3.6"};
  EXPECT_THAT(verify(make_token(signer, spec())), fails_with(ErrorCode::denied, "1.2.3.4"));
  trust.policies.push_back("1.2.3.4");
  EXPECT_THAT(verify(make_token(signer, spec())), is_ok());
}

TEST_F(TokenTest, OfASignerWhomNobodyKnowsIsRefused) {
  const Identity stranger = make_identity({.name = "Root", .ca = true});
  const Identity forger = make_identity({.name = "Signer", .issuer = &stranger});
  EXPECT_THAT(verify(make_token(forger, spec())), fails_with(ErrorCode::signature, "nobody who is trusted"));
  trust.untrusted = {stranger.der()};
  EXPECT_THAT(verify(make_token(forger, spec())), fails_with(ErrorCode::signature, "nobody who is trusted"));
}

TEST_F(TokenTest, OfASignerNotValidAtItsTimeIsRefused) {
  EXPECT_THAT(verify_of({.not_after = "2026-03-01T11:59:59Z"}), fails_with(ErrorCode::expired, "expired at"));
  EXPECT_THAT(verify_of({.not_before = "2026-03-01T12:00:01Z"}), fails_with(ErrorCode::expired, "not yet valid"));
  EXPECT_THAT(verify_of({.not_after = "2026-03-01T12:00:30Z"}), is_ok()) << "that it has expired since is not judged";
  const Identity old = make_identity({.name = "Old", .issuer = &root, .ca = true, .not_after = "2025-01-01T00:00:00Z"});
  TokenSpec asked = spec();
  asked.certificates = {old.der()};
  EXPECT_THAT(verify(make_token(make_identity({.name = "Below", .issuer = &old}), asked)),
              fails_with(ErrorCode::expired, "\"CN=Old\""));
}

TEST_F(TokenTest, OfASignerForAnythingElseIsRefused) {
  for (const char* usage : {"", "timeStamping", "critical,timeStamping,codeSigning", "critical,serverAuth",
                            "critical,timeStamping,1.2.3.4.5", "critical,anyExtendedKeyUsage"}) {
    EXPECT_THAT(verify_of({.usage = usage}), fails_with(ErrorCode::signature, "may not stamp")) << usage;
  }
  for (const char* usage : {"critical,keyEncipherment", "critical,digitalSignature,keyCertSign"})
    EXPECT_THAT(verify_of({.key_usage = usage}), fails_with(ErrorCode::signature, "purpose")) << usage;
  EXPECT_THAT(verify_of({.key_usage = ""}), is_ok());
  EXPECT_THAT(verify_of({.key_usage = "critical,nonRepudiation"}), is_ok());
}

TEST_F(TokenTest, AnInjectedCertificateNeverBecomesTheSigner) {
  const Identity stranger = make_identity({.name = "Stranger"});
  TokenSpec asked = spec();
  asked.certificates = {stranger.der(), make_identity({.name = "Signer", .issuer = &root}).der()};
  for (const bool first : {true, false}) {
    asked.first = first;
    const auto token = verify(make_token(signer, asked));
    ASSERT_THAT(token, is_ok());
    EXPECT_EQ(token->signer().der, signer.der());
    EXPECT_EQ(token->unused_certificates, 2U);
  }
  // A stranger's signature beside the certificate of somebody who is trusted.
  asked.certificates = {signer.der()};
  for (const bool first : {true, false}) {
    asked.first = first;
    EXPECT_THAT(verify(make_token(stranger, asked)), fails_with(ErrorCode::signature, "nobody who is trusted"));
  }
}

TEST_F(TokenTest, AnotherCertificateUnderTheSignersNumberIsRefused) {
  const Identity twin = make_identity({.name = "Twin", .issuer = &root, .serial = 4711});
  const Identity same = make_identity({.name = "Signer", .issuer = &root, .serial = 4711});
  TokenSpec asked = spec();
  asked.certificates = {twin.der()};
  asked.embed_signer = false;
  EXPECT_THAT(verify(make_token(same, asked)), fails_with(ErrorCode::signature, "signature does not hold"));
}

TEST_F(TokenTest, TheSigningCertificateHasToBeNamedInTheSignature) {
  TokenSpec asked = spec();
  asked.name_certificate = false;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::signature, "attribute signingCertificate"));
  // The same key certified once more under the same number: the signature holds for both, the name only for one.
  const Identity first = make_identity({.issuer = &root, .serial = 4712});
  const Identity again =
      make_identity({.issuer = &root, .not_after = "2040-01-01T00:00:00Z", .serial = 4712, .same_key = &first});
  asked = spec();
  asked.embed_signer = false;
  trust.untrusted = {first.der()};
  EXPECT_THAT(verify(make_token(first, asked)), is_ok());
  trust.untrusted = {again.der()};
  EXPECT_THAT(verify(make_token(first, asked)), fails_with(ErrorCode::signature, "attribute signingCertificate"));
}

TEST_F(TokenTest, HasExactlyOneSignature) {
  TokenSpec asked = spec();
  asked.second_signer = &signer;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "2 signatures"));
}

TEST_F(TokenTest, WithoutCertificatesNeedsThemFromElsewhere) {
  TokenSpec asked = spec();
  asked.embed_signer = false;
  const Bytes token = make_token(signer, asked);
  EXPECT_THAT(verify(token), fails_with(ErrorCode::signature, "neither in it nor among"));
  trust.untrusted = {middle.der(), signer.der()};
  EXPECT_THAT(verify(token), is_ok());
}

TEST_F(TokenTest, WeakSignaturesAreRefusedOrTold) {
  TokenSpec asked = spec();
  asked.signing_digest = "SHA1";
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::signature, "hash that is not accepted"));
  const auto told = verify_of({.signed_by = "SHA1"});
  ASSERT_THAT(told, is_ok());
  EXPECT_THAT(told->warnings, ElementsAre(HasSubstr("SHA-1")));
  const Identity old = make_identity({.name = "Old root", .ca = true, .rsa = true});
  trust.roots = {old.der()};
  EXPECT_THAT(verify(make_token(make_identity({.issuer = &old, .signed_by = "MD5"}), spec())),
              fails_with(ErrorCode::signature, "broken"));
}

TEST_F(TokenTest, SignaturesByRsaPssHold) {
  const Identity rsa = make_identity({.name = "Rsa", .issuer = &root, .rsa = true});
  TokenSpec asked = spec();
  asked.pss = true;
  EXPECT_THAT(verify(make_token(rsa, asked)), is_ok());
}

TEST_F(TokenTest, TheAuthoritysNameIsTheSigners) {
  TokenSpec asked = spec();
  asked.tsa = "other.example";
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::signature, "not that of its signer"));
  asked.tsa = "time\xff\x1b[2J";
  EXPECT_EQ(UnverifiedToken::parse(make_token(signer, asked))->claims().tsa, "time\\x{ff}\\u{1b}[2J")
      << "fit to be shown";
}

TEST_F(TokenTest, WhatIsNoTokenIsRefused) {
  const Bytes good = make_token(signer, spec());
  ASSERT_THAT(verify(good), is_ok());
  ASSERT_THAT(verify(kip::testing::grant(good)), is_ok());
  ASSERT_THAT(verify(kip::testing::grant(good, 1)), is_ok()) << "granted with modifications";
  for (const Bytes& bad : {Bytes(), Bytes("x"), good + '\0', good.substr(0, good.size() - 1), good + good,
                           kip::testing::grant(good) + "x", kip::testing::grant(good, 2), kip::testing::grant(""),
                           signer.der(), Bytes("\x30\x80\0\0", 4), Bytes("\x30\0", 2)})
    EXPECT_THAT(UnverifiedToken::parse(bad), fails_with(ErrorCode::malformed)) << to_hex(bad.substr(0, 8));
  EXPECT_THAT(UnverifiedToken::parse(Bytes(UnverifiedToken::kMaxBytes + 1, '0')), fails_with(ErrorCode::too_large));
  EXPECT_THAT(UnverifiedToken::parse(kip::testing::reject(2, 15, "not mine")),
              fails_with(ErrorCode::denied, "rejection (unacceptedPolicy): not mine"));
  TokenSpec asked = spec();
  asked.content_type = 21;  // pkcs7-data
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "not a time stamp"));
  asked = spec();
  asked.version = 2;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "version 1"));
  asked = spec();
  asked.critical_extension = true;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "critical extension"));
}

TEST_F(TokenTest, TheFrameMayBeBerWhatIsSignedMayNot) {
  const Bytes good = make_token(signer, spec());
  constexpr std::size_t kHeader = 4;  // a tag and a length of three octets
  constexpr std::size_t kType = 11;
  const Bytes type = good.substr(kHeader, kType);
  const Bytes inner = good.substr(kHeader + kType + kHeader + kHeader);
  const Bytes frame = Bytes("\x30\x80", 2) + type + Bytes("\xa0\x80\x30\x80", 4) + inner + Bytes(6, '\0');
  const auto token = verify(frame);
  ASSERT_THAT(token, is_ok());
  EXPECT_EQ(token->identity(), verify(good)->identity());
  EXPECT_THAT(verify(kip::testing::grant(frame)), is_ok());
  for (const std::size_t missing : {1U, 2U, 4U})
    EXPECT_THAT(verify(frame.substr(0, frame.size() - missing)), fails_with(ErrorCode::malformed));
  EXPECT_THAT(verify(frame + Bytes(2, '\0')), fails_with(ErrorCode::malformed));
  // The imprint's length in two octets more than it needs.
  Bytes signed_part = good;
  const auto at = signed_part.find(Bytes("\x04\x20", 2) + spec().digest);
  ASSERT_NE(at, Bytes::npos);
  signed_part[at + 1] = '\x81';
  EXPECT_THAT(verify(signed_part), fails_with(ErrorCode::malformed));
}

TEST_F(TokenTest, TimesAreUtcToTheMicrosecond) {
  for (const auto& [text, expected] : {std::pair("20260301120000Z", "2026-03-01T12:00:00Z"),
                                       {"20260301120000.5Z", "2026-03-01T12:00:00.5Z"},
                                       {"20260301120000.100Z", "2026-03-01T12:00:00.1Z"},
                                       {"20260301120000.000001Z", "2026-03-01T12:00:00.000001Z"},
                                       {"20260301120000.1234567Z", "2026-03-01T12:00:00.123456Z"}}) {
    TokenSpec asked = spec();
    asked.time = text;
    const auto token = verify(make_token(signer, asked));
    ASSERT_THAT(token, is_ok()) << text;
    EXPECT_EQ(format_gen_time(token->claims.gen_time), expected);
    const bool cut = std::string_view(text).size() > 22;
    EXPECT_EQ(token->claims.accuracy, std::chrono::microseconds(cut ? 1'500'001 : 1'500'000)) << text;
  }
  for (const char* wrong : {"20260301120000", "202603011200Z", "20260301120000+0100", "20260301120060Z",
                            "20260230120000Z", "20261301120000Z", "20260301120000.Z", "20260301120000,5Z",
                            "19691231235959Z", "20260301120000.1234567890123456789Z"}) {
    TokenSpec asked = spec();
    asked.time = wrong;
    EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed)) << wrong;
  }
}

TEST_F(TokenTest, AnAccuracyIsStatedOrNot) {
  TokenSpec asked = spec();
  asked.seconds = 0;
  EXPECT_EQ(verify(make_token(signer, asked))->claims.accuracy, std::nullopt);
  asked.seconds = -1;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "accuracy"));
  asked.seconds = 1;
  asked.millis = 1000;
  EXPECT_THAT(verify(make_token(signer, asked)), fails_with(ErrorCode::malformed, "accuracy"));
}

TEST_F(TokenTest, NoChangedOctetMakesAnotherTokenOfIt) {
  const Bytes good = make_token(signer, spec());
  const auto original = verify(good);
  ASSERT_THAT(original, is_ok());
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto token = verify(bad);
    if (!token) continue;
    EXPECT_EQ(token->identity(), original->identity()) << "octet " << at;
    EXPECT_EQ(token->claims, original->claims) << "octet " << at;
    EXPECT_EQ(token->signer(), original->signer()) << "octet " << at;
  }
}

}  // namespace
}  // namespace kip::tsp
