#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/protocol/request_signature.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

class RequestSignatures : public ::testing::Test {
 protected:
  Result<RequestSignature> sign(std::string_view method, std::string_view path, BytesView body) {
    const auto headers = sign_request(install_, key_, method, path, body, now_, random_);
    return parse_request_signature((*headers)[0].second, (*headers)[1].second, (*headers)[2].second,
                                   (*headers)[3].second);
  }

  SystemRandom random_;
  Instant now_ = *parse_instant("2026-11-22T08:00:00.5Z");
  InstallId install_ = InstallId::make(now_, {});
  PrivateKey key_ = *PrivateKey::generate(KeyType::ed25519);
};

TEST_F(RequestSignatures, HoldForExactlyThatRequest) {
  const auto signature = sign("POST", "/v1/x", "body");
  ASSERT_THAT(signature, is_ok());
  const PublicKey& key = key_.public_key();
  EXPECT_THAT(verify_request(*signature, key, "POST", "/v1/x", "body", now_), is_ok());
  EXPECT_THAT(verify_request(*signature, key, "PUT", "/v1/x", "body", now_), fails_with(ErrorCode::denied));
  EXPECT_THAT(verify_request(*signature, key, "POST", "/v1/y", "body", now_), fails_with(ErrorCode::denied));
  EXPECT_THAT(verify_request(*signature, key, "POST", "/v1/x", "other", now_), fails_with(ErrorCode::denied));
}

TEST_F(RequestSignatures, AreOverTheTimeAsItWasSent) {
  const std::string nonce(32, 'a');
  for (const char* time :
       {"2026-11-22T08:00:00Z", "2026-11-22T08:00:00.000Z", "2026-11-22T08:00:00.1Z", "2026-11-22T15:00:00+07:00"}) {
    const Bytes statement =
        fmt::format("kip-request/1\n{}\nGET\n/\n{}\n{}\n{}\n", install_.str(), sha256("").hex(), time, nonce);
    const auto signature =
        parse_request_signature(install_.str(), time, nonce, to_base64(key_.sign(statement).value()));
    ASSERT_THAT(signature, is_ok()) << time;
    EXPECT_THAT(verify_request(*signature, key_.public_key(), "GET", "/", "", now_), is_ok()) << time;
  }
}

TEST_F(RequestSignatures, AreRefusedWhereTheClockIsOff) {
  const auto signature = sign("GET", "/", "");
  EXPECT_THAT(verify_request(*signature, key_.public_key(), "GET", "/", "", now_ + std::chrono::minutes(11)),
              fails_with(ErrorCode::denied, "clock"));
  EXPECT_THAT(verify_request(*signature, key_.public_key(), "GET", "/", "", now_ - std::chrono::minutes(11)),
              fails_with(ErrorCode::denied, "clock"));
}

TEST_F(RequestSignatures, RefuseMissingOrMalformedHeaders) {
  EXPECT_THAT(parse_request_signature("", "", "", ""), fails_with(ErrorCode::denied));
  EXPECT_THAT(parse_request_signature(install_.str(), "yesterday", "00", "AA=="), fails_with(ErrorCode::denied));
}

}  // namespace
}  // namespace kip
