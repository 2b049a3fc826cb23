#include <gtest/gtest.h>

#include <manifests/core/unicode.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <testing/loopback_server.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using testing::LoopbackServer;
using ::testing::Not;

/// Keeps a download in memory, as a file would.
class MemorySink final : public BodySink {
 public:
  Result<void> begin(std::uint64_t offset) override {
    content.resize(offset);
    ++begun;
    return {};
  }
  Result<void> write(BytesView piece) override {
    if (full) return fail(ErrorCode::disk_full, "the disk is full");
    content += piece;
    return {};
  }

  Bytes content;
  int begun = 0;
  bool full = false;
};

class CurlHttpClientTest : public ::testing::Test {
 protected:
  LoopbackServer server;
  CurlHttpClient client;
};

TEST_F(CurlHttpClientTest, GivesStatusHeadersAndBody) {
  server.answer(200, "hello", "X-Kip: One\r\n");
  const auto response = client.send({.url = server.url("/a/b")});
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("x-kip"), "One");
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("absent"), "");
}

TEST_F(CurlHttpClientTest, GoesThroughAProxyWithCredentials) {
  CurlOptions options;
  options.proxy = server.url("");
  options.proxy_credentials = SecretBytes(Bytes("user:p@ss:word"));
  CurlHttpClient behind_a_proxy(std::move(options));
  server.answer(407, "", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
  server.answer(200, "hello");
  const auto response = behind_a_proxy.send({.url = "http://vendor.test/a"});
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(response->body, "hello");
  EXPECT_THAT(server.requests().at(1), HasSubstr("GET http://vendor.test/a HTTP/1.1"));
  EXPECT_THAT(server.requests().at(1), HasSubstr("Proxy-Authorization: Basic dXNlcjpwQHNzOndvcmQ="));
}

TEST_F(CurlHttpClientTest, NeverUsesAProxyForThisMachine) {
  CurlOptions options;
  options.proxy = "http://127.0.0.1:1";
  CurlHttpClient behind_a_proxy(std::move(options));
  server.answer(200, "hello");
  EXPECT_THAT(behind_a_proxy.send({.url = server.url("/a")}), is_ok());
}

TEST_F(CurlHttpClientTest, SendsMethodHeadersAndBodyAndNoExpect) {
  server.answer(201, "");
  const Bytes body(2U << 20U, 'x');
  ASSERT_THAT(client.send({.method = "POST",
                           .url = server.url("/v1/x"),
                           .headers = {{"Content-Type", "a/b"}, {"Kip-Time", "now"}},
                           .body = body}),
              is_ok());
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/x HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: a/b\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nKip-Time: now\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nUser-Agent: kip/"));
  EXPECT_THAT(request, Not(HasSubstr("Expect")));
  EXPECT_TRUE(request.ends_with(body));
}

TEST_F(CurlHttpClientTest, KeepsThePathAsItStands) {
  server.answer(200, "");
  ASSERT_THAT(client.send({.url = server.url("/a/../b%2Fc/%7E")}), is_ok());
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /a/../b%2Fc/%7E HTTP/1.1\r\n"));
}

TEST_F(CurlHttpClientTest, StopsReadingAnOversizedBody) {
  server.answer(200, Bytes(100'000, 'x'));
  EXPECT_THAT(client.send({.url = server.url("/"), .max_body = 99'999}), fails_with(ErrorCode::too_large, "99999"));
}

TEST_F(CurlHttpClientTest, StopsReadingAnOversizedBodyOfUnknownLength) {
  server.answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + Bytes(100'000, 'x'));
  EXPECT_THAT(client.send({.url = server.url("/"), .max_body = 1000}), fails_with(ErrorCode::too_large));
}

TEST_F(CurlHttpClientTest, StopsReadingEndlessHeaders) {
  std::string octets = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i)
    octets += "X-Long-Header-Name: some forty octets of content here\r\n";
  server.answer(octets + "\r\n");
  EXPECT_THAT(client.send({.url = server.url("/")}), fails_with(ErrorCode::too_large, "headers"));
}

TEST_F(CurlHttpClientTest, DoesNotFollowRedirects) {
  server.answer(302, "", "Location: " + server.url("/elsewhere") + "\r\n");
  const auto response = client.send({.url = server.url("/here")});
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(Result<void>(http_failure(*response, server.url("/here"))), fails_with(ErrorCode::network, "/elsewhere"));
}

TEST_F(CurlHttpClientTest, ReportsGarbageAsMalformed) {
  server.answer("this is no HTTP at all\r\n\r\n");
  EXPECT_THAT(client.send({.url = server.url("/")}), fails_with(ErrorCode::malformed, "not HTTP"));
}

TEST_F(CurlHttpClientTest, ReportsAnEmptyAnswerAsNetworkFailure) {
  server.answer("");
  EXPECT_THAT(client.send({.url = server.url("/")}),
              fails_with(ErrorCode::network, "the connection to http://127.0.0.1"));
}

TEST_F(CurlHttpClientTest, ReportsAClosedPort) {
  std::string url;
  {
    const LoopbackServer gone;
    url = gone.url("/x");
  }
  EXPECT_THAT(client.send({.url = url}), fails_with(ErrorCode::network, "could not connect to " + url));
}

TEST_F(CurlHttpClientTest, RefusesOtherProtocols) {
  EXPECT_THAT(client.send({.url = "file:///etc/passwd"}), fails_with(ErrorCode::malformed));
  EXPECT_THAT(client.send({.url = "http://user:word@127.0.0.1/"}), fails_with(ErrorCode::network));
  EXPECT_THAT(client.send({.url = "http://"}), fails_with(ErrorCode::malformed));
}

TEST_F(CurlHttpClientTest, ResumesACutDownloadByRange) {
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  server.answer(206, "56789", "Content-Range: bytes 5-9/10\r\n");
  MemorySink sink;
  EXPECT_THAT(client.download({.url = server.url("/f"), .max_body = 10}, sink), fails_with(ErrorCode::network));
  EXPECT_EQ(sink.content, "01234");
  const auto rest = client.download({.url = server.url("/f"), .offset = 5, .max_body = 5}, sink);
  ASSERT_THAT(rest, is_ok());
  EXPECT_EQ(rest->status, 206);
  EXPECT_EQ(sink.content, "0123456789");
  EXPECT_THAT(server.requests().at(1), HasSubstr("\r\nRange: bytes=5-\r\n"));
}

TEST_F(CurlHttpClientTest, StartsAgainWhereTheServerIgnoresRange) {
  server.answer(200, "0123456789");
  MemorySink sink;
  sink.content = "XXXXX";
  ASSERT_THAT(client.download({.url = server.url("/f"), .offset = 5, .max_body = 5}, sink), is_ok());
  EXPECT_EQ(sink.content, "0123456789");
}

TEST_F(CurlHttpClientTest, RefusesAPieceFromElsewhere) {
  server.answer(206, "6789", "Content-Range: bytes 6-9/10\r\n");
  MemorySink sink;
  EXPECT_THAT(client.download({.url = server.url("/f"), .offset = 5, .max_body = 5}, sink),
              fails_with(ErrorCode::malformed, "octets from 5 on"));
  EXPECT_EQ(sink.begun, 0);
}

TEST_F(CurlHttpClientTest, StopsADownloadBeyondItsSize) {
  server.answer(200, "0123456789");
  MemorySink sink;
  EXPECT_THAT(client.download({.url = server.url("/f"), .max_body = 9}, sink), fails_with(ErrorCode::too_large));
  EXPECT_LE(sink.content.size(), 9U);
}

TEST_F(CurlHttpClientTest, KeepsARefusalOutOfTheFile) {
  server.answer(404, R"({"code":"not-found","detail":"no such file"})");
  MemorySink sink;
  const auto response = client.download({.url = server.url("/f"), .max_body = 9}, sink);
  ASSERT_THAT(response, is_ok());
  EXPECT_EQ(sink.begun, 0);
  EXPECT_THAT(Result<void>(http_failure(*response, "URL")),
              fails_with(ErrorCode::not_found, "URL answers 404: no such file"));
}

TEST_F(CurlHttpClientTest, PassesTheSinksFailureOn) {
  server.answer(200, "0123456789");
  MemorySink sink;
  sink.full = true;
  const auto response = client.download({.url = server.url("/f"), .max_body = 10}, sink);
  ASSERT_THAT(response, fails_with(ErrorCode::disk_full));
  EXPECT_EQ(response.error().message, "the disk is full");
}

TEST_F(CurlHttpClientTest, TakesAnEmptyFile) {
  server.answer(200, "");
  MemorySink sink;
  ASSERT_THAT(client.download({.url = server.url("/f"), .max_body = 10}, sink), is_ok());
  EXPECT_EQ(sink.begun, 1);
}

TEST_F(CurlHttpClientTest, WorksAgainAfterAFailure) {
  server.answer("garbage\r\n\r\n");
  server.answer(200, "fine");
  EXPECT_THAT(client.send({.url = server.url("/")}), fails_with(ErrorCode::malformed));
  EXPECT_THAT(client.send({.url = server.url("/")}), is_ok());
}

}  // namespace
}  // namespace kip
