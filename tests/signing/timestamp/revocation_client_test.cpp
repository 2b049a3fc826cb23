#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/timestamp/revocation_client.hpp>
#include <testing/matchers.hpp>
#include <testing/time_authorities.hpp>

namespace kip::tsp {
namespace {

using kip::testing::fails_with;
using kip::testing::Identity;
using kip::testing::is_ok;
using kip::testing::make_crl;
using kip::testing::make_identity;
using kip::testing::make_ocsp;
using kip::testing::make_token;
using kip::testing::TokenSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FolderHttp final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    asked.push_back(request.method + " " + request.url);
    const auto found = files.find(request.url);
    if (found == files.end()) return HttpResponse{404, {}, {}};
    if (found->second.empty()) return fail(ErrorCode::network, "could not connect to " + request.url);
    return HttpResponse{200, {}, found->second};
  }
  Result<HttpResponse> download(const HttpDownload&, BodySink&) override { return fail(ErrorCode::internal, "unused"); }

  std::map<std::string, Bytes> files;
  std::vector<std::string> asked;
};

class RevocationClientTest : public ::testing::Test {
 protected:
  VerifiedToken token() const {
    TokenSpec spec{.digest = sha256("data").bytes()};
    spec.certificates = {middle.der()};
    const auto parsed = UnverifiedToken::parse(make_token(signer, spec)).value();
    return verify_token(parsed, {spec.digest}, {.roots = {root.der()}}).value();
  }
  Bytes ocsp(const char* time) const { return make_ocsp({&signer, &middle, &middle, time}); }

  Identity root = make_identity({.name = "Root", .ca = true});
  Identity middle = make_identity(
      {.name = "Middle", .issuer = &root, .ca = true, .more = "crlDistributionPoints=URI:http://root/crl"});
  Identity signer = make_identity({.name = "Signer",
                                   .issuer = &middle,
                                   .more = "authorityInfoAccess=OCSP;URI:http://middle/ocsp,caIssuers;URI:http://no"});
  FolderHttp http;
};

TEST_F(RevocationClientTest, CertificatesSayWhereToAsk) {
  EXPECT_EQ(revocation_sources(middle.der()).value(), (RevocationSources{{"http://root/crl"}, {}}));
  EXPECT_EQ(revocation_sources(signer.der()).value(), (RevocationSources{{}, {"http://middle/ocsp"}}));
  const Identity many = make_identity(
      {.more = "crlDistributionPoints=URI:ldap://a,URI:http://b,URI:https://c,URI:http://d,URI:http://e"});
  EXPECT_THAT(revocation_sources(many.der())->crls, ElementsAre("http://b", "https://c", "http://d"));
  EXPECT_THAT(revocation_sources("x"), fails_with(ErrorCode::malformed));
}

TEST_F(RevocationClientTest, GathersWhatIsArchivedWithTheToken) {
  http.files = {{"http://middle/ocsp", ocsp("2026-03-01T12:00:05Z")},
                {"http://root/crl", make_crl(root, "2026-03-02T00:00:00Z", {})}};
  const VerifiedToken stamped = token();
  const auto fetched = fetch_revocation(stamped, http);
  ASSERT_THAT(fetched, is_ok());
  EXPECT_THAT(http.asked, ElementsAre("POST http://middle/ocsp", "GET http://root/crl"));
  EXPECT_TRUE(fetched->complete);
  EXPECT_THAT(fetched->problems, IsEmpty());
  EXPECT_THAT(fetched->data.ocsp, SizeIs(1));
  EXPECT_THAT(fetched->data.crls, SizeIs(1));
  EXPECT_EQ(format_instant(fetched->status[0].as_of.value()), "2026-03-01T12:00:05Z");
  EXPECT_EQ(format_instant(fetched->status[1].as_of.value()), "2026-03-02T00:00:00Z");
}

TEST_F(RevocationClientTest, AStatementFromBeforeTheTokenIsNotTheLastWord) {
  http.files = {{"http://middle/ocsp", ocsp("2026-03-01T11:00:00Z")},
                {"http://root/crl", make_crl(root, "2026-03-02T00:00:00Z", {})}};
  const auto fetched = fetch_revocation(token(), http);
  ASSERT_THAT(fetched, is_ok());
  EXPECT_FALSE(fetched->complete);
  EXPECT_THAT(fetched->data.ocsp, SizeIs(1)) << "better than none";
}

TEST_F(RevocationClientTest, WhatDoesNotAnswerOrDoesNotHoldIsNamed) {
  const Identity forger = make_identity({.name = "Root", .ca = true});
  http.files = {{"http://middle/ocsp", ""}, {"http://root/crl", make_crl(forger, "2026-03-02T00:00:00Z", {})}};
  auto fetched = fetch_revocation(token(), http);
  ASSERT_THAT(fetched, is_ok());
  EXPECT_FALSE(fetched->complete);
  EXPECT_EQ(fetched->data, RevocationData());
  EXPECT_THAT(fetched->problems, ElementsAre(HasSubstr("could not connect"), HasSubstr("nothing that holds")));
  http.files = {{"http://middle/ocsp", "<html>"}, {"http://root/crl", "<html>"}};
  fetched = fetch_revocation(token(), http);
  ASSERT_THAT(fetched, is_ok());
  EXPECT_EQ(fetched->data, RevocationData());
  EXPECT_THAT(fetched->problems, SizeIs(2));
}

TEST_F(RevocationClientTest, ARevokedChainMakesTheTokenUseless) {
  http.files = {{"http://middle/ocsp", ocsp("2026-03-01T12:00:05Z")},
                {"http://root/crl", make_crl(root, "2026-03-02T00:00:00Z", {{&middle, "2026-03-01T13:00:00Z", 1}})}};
  EXPECT_THAT(fetch_revocation(token(), http), fails_with(ErrorCode::rollback, "\"CN=Middle\""));
}

}  // namespace
}  // namespace kip::tsp
