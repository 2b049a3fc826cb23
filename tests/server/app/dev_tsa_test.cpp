#include <gtest/gtest.h>

#include <server/app/dev_tsa.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/timestamp/request.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/no_log.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class DevTsaTest : public ::testing::Test {
 protected:
  std::unique_ptr<DevTsa> start() {
    return DevTsa::start({files_, clock_, random_, log_, {}}, folder_, {"127.0.0.1", 0}).value();
  }
  Result<HttpResponse> send(const DevTsa& tsa, const char* method, const char* path, const Bytes& body,
                            const char* type) {
    CurlHttpClient http;
    return http.send({method, tsa.address() + path, {{"Content-Type", type}}, body});
  }

  kip::testing::TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path() / "tsa";
  PosixFileSystem files_;
  kip::testing::SimulatedClock clock_{"2026-03-01T12:00:00Z"};
  SystemRandom random_;
  kip::testing::NoLog log_;
};

TEST_F(DevTsaTest, StampsWithTheSameKeyAfterARestart) {
  std::string ca;
  for (int i = 0; i < 2; ++i) {
    const auto tsa = start();
    const auto root = send(*tsa, "GET", "/ca.pem", {}, "");
    ASSERT_THAT(root, is_ok());
    EXPECT_TRUE(i == 0 || root->body == ca);
    ca = root->body;
    const tsp::Request request = tsp::make_request(sha256("data"), random_).value();
    const auto answer = send(*tsa, "POST", i == 0 ? "/" : "/tsa", request.der, "application/timestamp-query");
    ASSERT_THAT(answer, is_ok());
    EXPECT_EQ(answer->header("content-type"), "application/timestamp-reply");
    const auto token = tsp::UnverifiedToken::parse(answer->body);
    ASSERT_THAT(token, is_ok());
    EXPECT_THAT(tsp::verify_token(*token, {request.digest.bytes(), request.nonce},
                                  {.roots = tsp::parse_certificate_file(ca)->certificates}),
                is_ok());
  }
  EXPECT_EQ(files_.status(folder_ / "tsa.key")->mode, 0600U);
}

TEST_F(DevTsaTest, OtherRequestsAreRefused) {
  const auto tsa = start();
  EXPECT_EQ(send(*tsa, "POST", "/tsa", "x", "text/plain")->status, 415);
  EXPECT_EQ(send(*tsa, "POST", "/tsa", Bytes(70'000, 'x'), "application/timestamp-query")->status, 413);
  EXPECT_EQ(send(*tsa, "GET", "/tsa", {}, "")->status, 405);
  EXPECT_EQ(send(*tsa, "GET", "/tsa.key", {}, "")->status, 404);
  EXPECT_NE(send(*tsa, "GET", "/", {}, "")->body.find("NOT INDEPENDENT"), std::string::npos);
}

}  // namespace
}  // namespace kip::server
