#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class RevocationTest : public ::testing::Test {
 protected:
  Result<VerifiedToken> verify_with(std::vector<Bytes> crls, std::vector<Bytes> ocsp = {}) const {
    TokenSpec spec{.digest = sha256("data").bytes()};
    spec.certificates = {middle.der()};
    const auto token = UnverifiedToken::parse(make_token(signer, spec)).value();
    return verify_token(token, {spec.digest},
                        {.roots = {root.der()}, .revocation = {std::move(crls), std::move(ocsp)}});
  }

  Identity root = make_identity({.name = "Root", .ca = true});
  Identity middle = make_identity({.name = "Middle", .issuer = &root, .ca = true});
  Identity signer = make_identity({.name = "Signer", .issuer = &middle});
};

TEST_F(RevocationTest, TheNewestListSaysUntilWhenAllWasWell) {
  const auto token = verify_with({make_crl(middle, "2026-03-02T00:00:00Z", {}),
                                  make_crl(middle, "2026-03-01T00:00:00Z", {{&root, "2026-01-01T00:00:00Z"}}),
                                  make_crl(root, "2026-02-01T00:00:00Z", {})});
  ASSERT_THAT(token, is_ok());
  ASSERT_EQ(token->revocation.size(), 2U);
  EXPECT_EQ(format_instant(token->revocation[0].as_of.value()), "2026-03-02T00:00:00Z");
  EXPECT_EQ(token->revocation[0].source, "crl");
  EXPECT_EQ(format_instant(token->revocation[1].as_of.value()), "2026-02-01T00:00:00Z");
}

TEST_F(RevocationTest, ASignerRevokedBeforeIsRefusedWhateverTheReason) {
  for (const std::optional<int> reason : {std::optional<int>(), {0}, {1}, {3}, {4}, {5}, {6}}) {
    EXPECT_THAT(verify_with({make_crl(middle, "2026-03-02T00:00:00Z", {{&signer, "2026-03-01T12:00:00Z", reason}})}),
                fails_with(ErrorCode::rollback, "\"CN=Signer\" is revoked"));
  }
}

// Source: RFC 3161 section 4
TEST_F(RevocationTest, ALaterRevocationReachesBackUnlessItsReasonIsHarmless) {
  for (const std::optional<int> reason : {std::optional<int>(), {1}, {2}, {6}, {9}, {10}, {77}}) {
    EXPECT_THAT(verify_with({make_crl(middle, "2026-05-02T00:00:00Z", {{&signer, "2026-05-01T00:00:00Z", reason}})}),
                fails_with(ErrorCode::rollback, "reaches this token"))
        << reason.value_or(-1);
  }
  for (const int reason : {0, 3, 4, 5}) {
    const auto token =
        verify_with({make_crl(middle, "2026-05-02T00:00:00Z", {{&signer, "2026-05-01T00:00:00Z", reason}})});
    ASSERT_THAT(token, is_ok()) << reason;
    EXPECT_EQ(format_instant(token->revocation[0].revoked_at.value()), "2026-05-01T00:00:00Z");
  }
}

TEST_F(RevocationTest, ARevokedCertificateOfTheChainIsRefused) {
  EXPECT_THAT(verify_with({make_crl(root, "2026-05-02T00:00:00Z", {{&middle, "2026-05-01T00:00:00Z", 1}})}),
              fails_with(ErrorCode::rollback, "\"CN=Middle\" is revoked"));
}

TEST_F(RevocationTest, AListThatNobodyTrustedHasSignedSaysNothing) {
  const Identity forger = make_identity({.name = "Middle", .ca = true});
  const auto token = verify_with({make_crl(forger, "2026-03-02T00:00:00Z", {{&signer, "2026-01-01T00:00:00Z", 1}}),
                                  make_crl(root, "2026-03-02T00:00:00Z", {{&signer, "2026-01-01T00:00:00Z", 1}})});
  ASSERT_THAT(token, is_ok());
  EXPECT_FALSE(token->revocation[0].as_of.has_value());
  EXPECT_THAT(verify_with({"x"}), fails_with(ErrorCode::malformed));
}

// Source: RFC 5280 section 5.2.5
TEST_F(RevocationTest, AListCountsOnlyForWhatItCovers) {
  signer = make_identity({.name = "Signer", .issuer = &middle, .more = "crlDistributionPoints=URI:http://middle/1"});
  const auto said = [&](const Identity& issuer, const char* limit) {
    const auto token = verify_with({make_crl(issuer, "2026-03-02T00:00:00Z", {}, limit)});
    return token->revocation[&issuer == &middle ? 0 : 1].as_of.has_value();
  };
  EXPECT_TRUE(said(middle, ""));
  EXPECT_TRUE(said(middle, "issuingDistributionPoint=critical,onlyuser:TRUE"));
  EXPECT_FALSE(said(middle, "issuingDistributionPoint=critical,onlyCA:TRUE"));
  EXPECT_TRUE(said(root, "issuingDistributionPoint=critical,onlyCA:TRUE"));
  EXPECT_FALSE(said(root, "issuingDistributionPoint=critical,onlyuser:TRUE"));
  EXPECT_FALSE(said(middle, "issuingDistributionPoint=critical,onlyAA:TRUE"));
  EXPECT_FALSE(said(middle, "issuingDistributionPoint=critical,indirectCRL:TRUE"));
  EXPECT_FALSE(said(middle, "issuingDistributionPoint=critical,onlysomereasons:keyCompromise"));
  EXPECT_TRUE(said(middle, "issuingDistributionPoint=critical,fullname:URI:http://middle/1"));
  EXPECT_FALSE(said(middle, "issuingDistributionPoint=critical,fullname:URI:http://middle/2"));
  EXPECT_FALSE(said(root, "issuingDistributionPoint=critical,fullname:URI:http://middle/1"));
  EXPECT_FALSE(said(middle, "deltaCRL=critical,DER:020101"));
}

TEST_F(RevocationTest, AListWithinTheTokenIsHeeded) {
  TokenSpec spec{.digest = sha256("data").bytes()};
  spec.certificates = {middle.der()};
  spec.crls = {make_crl(middle, "2026-03-02T00:00:00Z", {{&signer, "2026-03-01T00:00:00Z", 1}})};
  const auto token = UnverifiedToken::parse(make_token(signer, spec)).value();
  EXPECT_THAT(verify_token(token, {spec.digest}, {.roots = {root.der()}}), fails_with(ErrorCode::rollback));
}

TEST_F(RevocationTest, AnAnswerOfOcspByTheIssuerCounts) {
  kip::testing::OcspSpec spec{&signer, &middle, &middle, "2026-03-02T00:00:00Z"};
  for (const char* hash : {"SHA1", "SHA256"}) {
    spec.named_by = hash;
    const auto token = verify_with({}, {kip::testing::make_ocsp(spec)});
    ASSERT_THAT(token, is_ok());
    ASSERT_TRUE(token->revocation[0].as_of.has_value()) << hash;
    EXPECT_EQ(format_instant(*token->revocation[0].as_of), "2026-03-02T00:00:00Z");
    EXPECT_EQ(token->revocation[0].source, "ocsp");
    EXPECT_FALSE(token->revocation[1].as_of.has_value());
  }
  spec.revoked = "2026-05-01T00:00:00Z";
  EXPECT_THAT(verify_with({}, {kip::testing::make_ocsp(spec)}), fails_with(ErrorCode::rollback, "no reason given"));
  spec.reason = 4;
  EXPECT_THAT(verify_with({}, {kip::testing::make_ocsp(spec)}), is_ok());
  spec.revoked = "2026-02-01T00:00:00Z";
  EXPECT_THAT(verify_with({}, {kip::testing::make_ocsp(spec)}), fails_with(ErrorCode::rollback, "superseded"));
}

TEST_F(RevocationTest, AnAnswerOfOcspByWhomTheIssuerHasCertifiedForItCounts) {
  const Identity responder = make_identity({.name = "Responder", .issuer = &middle, .usage = "OCSPSigning"});
  kip::testing::OcspSpec spec{&signer, &middle, &responder, "2026-03-02T00:00:00Z"};
  EXPECT_TRUE(verify_with({}, {kip::testing::make_ocsp(spec)})->revocation[0].as_of.has_value());
  const Identity other = make_identity({.name = "Other", .issuer = &middle});
  const Identity elsewhere = make_identity({.name = "Responder", .issuer = &root, .usage = "OCSPSigning"});
  const Identity stranger = make_identity({.name = "Middle", .ca = true});
  for (const Identity* wrong : std::vector<const Identity*>{&other, &elsewhere, &stranger, &signer}) {
    spec.signer = wrong;
    const auto token = verify_with({}, {kip::testing::make_ocsp(spec)});
    ASSERT_THAT(token, is_ok());
    EXPECT_FALSE(token->revocation[0].as_of.has_value());
  }
  spec.signer = &responder;
  spec.unknown = true;
  EXPECT_FALSE(verify_with({}, {kip::testing::make_ocsp(spec)})->revocation[0].as_of.has_value());
  EXPECT_THAT(verify_with({}, {"x"}), fails_with(ErrorCode::malformed, "OCSP"));
}

TEST(CertificateFileTest, HoldsPemOrDer) {
  const Identity one = make_identity({.name = "One", .ca = true});
  const Identity two = make_identity({.name = "Two", .ca = true});
  const Bytes crl = make_crl(one, "2026-03-02T00:00:00Z", {});
  const auto file =
      parse_certificate_file("text\n" + one.pem() + two.key_pem() + kip::testing::crl_pem(crl) + two.pem());
  ASSERT_THAT(file, is_ok());
  EXPECT_EQ(*file, (CertificateFile{{one.der(), two.der()}, {crl}}));
  EXPECT_EQ(parse_certificate_file(one.der()).value(), (CertificateFile{{one.der()}, {}}));
  EXPECT_EQ(parse_certificate_file(crl).value(), (CertificateFile{{}, {crl}}));
  EXPECT_EQ(read_certificate(one.der())->subject, "CN=One");
  Bytes damaged = one.pem();
  damaged[100] = '!';
  for (const Bytes& bad : {Bytes(), Bytes("x"), one.key_pem(), damaged, one.pem() + damaged, one.der() + "x"})
    EXPECT_THAT(parse_certificate_file(bad), fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip::tsp
