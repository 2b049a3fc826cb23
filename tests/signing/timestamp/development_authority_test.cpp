#include <array>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/timestamp/development_authority.hpp>
#include <signing/timestamp/request.hpp>
#include <signing/timestamp/response.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

namespace kip::tsp {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using kip::testing::SeededRandom;
using kip::testing::SimulatedClock;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class DevelopmentAuthorityTest : public ::testing::Test {
 protected:
  Trust trust() const { return {.roots = parse_certificate_file(certificates.ca)->certificates}; }
  DevelopmentAuthority authority() { return DevelopmentAuthority::create(key, certificates, clock, random).value(); }
  static Result<VerifiedToken> verify(const Bytes& answer, const Request& request, const Trust& trust) {
    KIP_TRY(const auto token, UnverifiedToken::parse(answer));
    return verify_token(token, {request.digest.bytes(), request.nonce}, trust);
  }

  SimulatedClock clock{"2026-03-01T12:00:00.125Z"};
  SystemRandom random;
  PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  AuthorityCertificates certificates = certify_development_authority(key, clock.now(), random).value();
};

TEST_F(DevelopmentAuthorityTest, StampsByItsClockAndSaysThatItIsNotIndependent) {
  const Request request = make_request(sha256("data"), random).value();
  const auto token = verify(authority().answer(request.der).value(), request, trust());
  ASSERT_THAT(token, is_ok());
  EXPECT_EQ(format_gen_time(token->claims.gen_time), "2026-03-01T12:00:00.125Z");
  EXPECT_EQ(token->claims.accuracy, DevelopmentAuthority::kAccuracy);
  EXPECT_EQ(token->claims.policy, kDevelopmentPolicy);
  EXPECT_FALSE(token->claims.independent());
  EXPECT_THAT(token->signer().subject, HasSubstr("NOT INDEPENDENT"));
  EXPECT_THAT(token->claims.tsa, HasSubstr("NOT INDEPENDENT"));
  EXPECT_EQ(format_instant(token->not_after), "2036-02-27T12:00:00Z");
  EXPECT_THAT(token->claims.serial, SizeIs(32)) << "16 random octets";
}

TEST_F(DevelopmentAuthorityTest, SerialNumbersDoNotRepeat) {
  const Request request = make_request(sha256("data"), random).value();
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i)
    serials.insert(UnverifiedToken::parse(authority().answer(request.der).value())->claims().serial);
  EXPECT_THAT(serials, SizeIs(20));
}

TEST_F(DevelopmentAuthorityTest, RejectsWhatItCannotDo) {
  const Request other = make_request(sha256("data"), random, "1.2.3.4").value();
  for (const auto& [request, reason] : {std::pair(other.der, "unacceptedPolicy"),
                                        {Bytes("noise"), "badDataFormat"},
                                        {Bytes(), "badDataFormat"},
                                        {Bytes(100'000, '0'), "badDataFormat"}}) {
    const auto response = Response::parse(authority().answer(request).value());
    ASSERT_THAT(response, is_ok());
    EXPECT_FALSE(response->granted);
    EXPECT_THAT(response->status, HasSubstr(reason));
  }
}

TEST_F(DevelopmentAuthorityTest, AnswersSeveralThreadsAtOnce) {
  const DevelopmentAuthority shared = authority();
  const Trust believed = trust();
  const Request request = make_request(sha256("data"), random).value();
  std::array<int, 4> good{};
  std::vector<std::jthread> threads;
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        count += verify(shared.answer(request.der).value(), request, believed) ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_THAT(good, ::testing::Each(50));
}

TEST_F(DevelopmentAuthorityTest, NeedsTheKeyOfItsCertificate) {
  const PrivateKey other = PrivateKey::generate(KeyType::ecdsa_p256).value();
  EXPECT_THAT(DevelopmentAuthority::create(other, certificates, clock, random), fails_with(ErrorCode::malformed));
  EXPECT_THAT(certify_development_authority(PrivateKey::generate(KeyType::ed25519).value(), clock.now(), random),
              fails_with(ErrorCode::usage, "P-256"));
}

TEST(RequestTest, IsReadBackAsItWasMade) {
  SeededRandom random;
  const Request request = make_request(sha256("data"), random, "1.2.3.4").value();
  EXPECT_THAT(request.nonce, SizeIs(16)) << "64 random bits";
  EXPECT_EQ(Request::parse(request.der).value(), request);
  EXPECT_NE(make_request(sha256("data"), random)->nonce, request.nonce);
  EXPECT_THAT(make_request(sha256("data"), random, "one"), fails_with(ErrorCode::malformed, "no policy"));
  for (const Bytes& bad : {Bytes(), Bytes("x"), request.der + "x", request.der.substr(0, 20), Bytes(5000, '0')})
    EXPECT_THAT(Request::parse(bad), fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip::tsp
