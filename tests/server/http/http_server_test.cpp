// The adapter on a real socket, spoken to with raw octets: what a browser would never send included.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signing/http/http_server.hpp>

#include "../world.hpp"
#include "wire.hpp"

namespace kip::server::testing {
namespace {

using http::HttpOptions;
using http::HttpServer;

class HttpServerTest : public ::testing::Test {
 protected:
  void start(const HttpOptions& options = {}) {
    server = HttpServer::bind(options, world.log).value();
    server->start(world.router);
  }

  std::string exchange(std::string_view octets) {
    Wire wire(server->port());
    wire.send(octets);
    return wire.receive_all();
  }

  static std::string status(const std::string& answer) { return answer.substr(0, std::string("HTTP/1.1 200").size()); }

  std::string staff_head(std::string_view method, std::string_view route, std::string_view more) {
    return fmt::format("{} /v1/tenants/an-phat{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{}\r\n", method,
                       route, world.token, more);
  }

  World world;
  std::unique_ptr<HttpServer> server;
};

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(HttpServerTest, AnswersAndCloses) {
  start();
  const std::string answer = exchange(kHealth);
  EXPECT_EQ(status(answer), "HTTP/1.1 200");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("{\"status\":\"ok\"}\n"));
}

TEST_F(HttpServerTest, ABodyArrivesByLengthAndInChunks) {
  start();
  const std::string body = R"({"commitments":[]})";
  EXPECT_EQ(
      status(exchange(staff_head("POST", "/commitments", fmt::format("Content-Length: {}\r\n", body.size())) + body)),
      "HTTP/1.1 200");
  const std::string chunks = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body);
  EXPECT_EQ(status(exchange(staff_head("POST", "/commitments", "Transfer-Encoding: chunked\r\n") + chunks)),
            "HTTP/1.1 200");
}

TEST_F(HttpServerTest, ALargeFileIsStreamedAndAPartOfItToo) {
  const Bytes package(3'000'000, 'k');
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const std::string location = fmt::format("forms/{}.big.kpk", sha256(package).hex());
  ASSERT_THAT(world.repository->write_target(location, package), is_ok());
  start();
  const std::string get = fmt::format("GET /t/an-phat/targets/{} HTTP/1.1\r\nHost: x\r\n", location);
  const std::string whole = exchange(get + "\r\n");
  EXPECT_NE(whole.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_TRUE(whole.ends_with("\r\n\r\n" + package));
  const std::string part = exchange(get + "Range: bytes=2999990-\r\n\r\n");
  EXPECT_EQ(status(part), "HTTP/1.1 206");
  EXPECT_NE(part.find("Content-Range: bytes 2999990-2999999/3000000\r\n"), std::string::npos);
  EXPECT_TRUE(part.ends_with("\r\n\r\nkkkkkkkkkk"));
  EXPECT_EQ(status(exchange(get + "Range: bytes=5-\r\nIf-Range: \"other\"\r\n\r\n")), "HTTP/1.1 200");
  EXPECT_EQ(status(exchange(get + "Range: bytes=3000000-\r\n\r\n")), "HTTP/1.1 416");
  const std::string head = exchange("HEAD" + get.substr(3) + "\r\n");
  EXPECT_NE(head.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  const std::string cached = exchange(get + fmt::format("If-None-Match: \"{}\"\r\n\r\n", sha256(package).hex()));
  EXPECT_EQ(status(cached), "HTTP/1.1 304");
  EXPECT_NE(cached.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_TRUE(cached.ends_with("\r\n\r\n"));
}

struct HostileCase {
  const char* name;
  std::string octets;
  const char* answer;
};

class Hostile : public HttpServerTest, public ::testing::WithParamInterface<HostileCase> {};

TEST_P(Hostile, IsAnsweredOnceAndTheServerGoesOn) {
  HttpOptions options;
  options.requests_per_connection = 10;
  options.timeout = std::chrono::seconds(1);
  start(options);
  const std::string answer = exchange(GetParam().octets);
  EXPECT_EQ(status(answer), GetParam().answer);
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "a second request was read out of the first: " << answer;
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << answer;
  EXPECT_EQ(status(exchange("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")), "HTTP/1.1 200");
}

const std::string kSmuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(std::string_view headers, std::string_view body) {
  return fmt::format("POST /v1/tenants/an-phat/acts HTTP/1.1\r\nHost: x\r\n{}\r\n{}", headers, body);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Hostile,
    ::testing::Values(
        HostileCase{"content_length_twice", post("Content-Length: 5\r\nContent-Length: 0\r\n", kSmuggled),
                    "HTTP/1.1 400"},
        HostileCase{"length_and_chunked",
                    post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kSmuggled),
                    "HTTP/1.1 400"},
        HostileCase{"other_encoding", post("Transfer-Encoding: gzip, chunked\r\n", kSmuggled), "HTTP/1.1 400"},
        HostileCase{"signed_length", post("Content-Length: +36\r\n", kSmuggled), "HTTP/1.1 400"},
        HostileCase{"no_length", post("", kSmuggled), "HTTP/1.1 411"},
        HostileCase{"body_of_a_refused_post", post("Content-Length: 34\r\n", kSmuggled), "HTTP/1.1 401"},
        HostileCase{"body_of_an_unknown_path", "POST /nowhere HTTP/1.1\r\nContent-Length: 34\r\n\r\n" + kSmuggled,
                    "HTTP/1.1 404"},
        HostileCase{"other_method", "DELETE /healthz HTTP/1.1\r\nContent-Length: 34\r\n\r\n" + kSmuggled,
                    "HTTP/1.1 405"},
        HostileCase{"unheard_of_method", "BREW /healthz HTTP/1.1\r\n\r\n" + kSmuggled, "HTTP/1.1 400"},
        HostileCase{"get_with_a_body", "GET /healthz HTTP/1.1\r\nContent-Length: 34\r\n\r\n" + kSmuggled,
                    "HTTP/1.1 400"},
        HostileCase{"compressed", post("Content-Length: 34\r\nContent-Encoding: gzip\r\n", kSmuggled), "HTTP/1.1 401"},
        HostileCase{"no_http", "hello\r\n\r\n" + kSmuggled, "HTTP/1.1 400"},
        HostileCase{"long_target", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 414"},
        HostileCase{"long_header", "GET /healthz HTTP/1.1\r\nX: " + std::string(300'000, 'a') + "\r\n\r\n",
                    "HTTP/1.1 400"},
        HostileCase{"many_headers",
                    [] {
                      std::string out = "GET /healthz HTTP/1.1\r\n";
                      for (int i = 0; i < 200; ++i)
                        out += fmt::format("X{}: y\r\n", i);
                      return out + "\r\n";
                    }(),
                    "HTTP/1.1 400"}),
    [](const auto& row) { return row.param.name; });

TEST_F(HttpServerTest, ABodyBeyondTheLimitIsRefusedUnread) {
  start();
  EXPECT_EQ(status(exchange(staff_head("POST", "/acts", "Content-Length: 999999999\r\n"))), "HTTP/1.1 413");
  std::string chunks;
  for (int i = 0; i < 80; ++i)
    chunks += "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  const std::string endless = exchange(staff_head("POST", "/acts", "Transfer-Encoding: chunked\r\n") + chunks);
  EXPECT_TRUE(endless.empty() || status(endless) == "HTTP/1.1 413") << endless;
  EXPECT_EQ(status(exchange(kHealth)), "HTTP/1.1 200");
}

TEST_F(HttpServerTest, ACompressedBodyIsNotInflated) {
  start();
  const std::string answer =
      exchange(staff_head("POST", "/acts", "Content-Length: 3\r\nContent-Encoding: gzip\r\n") + "abc");
  EXPECT_EQ(status(answer), "HTTP/1.1 415");
}

TEST_F(HttpServerTest, AnIncompleteBodyChangesNothing) {
  HttpOptions options;
  options.timeout = std::chrono::seconds(1);
  start(options);
  const auto events = world.event_types();
  Wire wire(server->port());
  wire.send(staff_head("PUT", "/targets/" + sha256("package").hex(), "Transfer-Encoding: chunked\r\n") + "5\r\npack");
  wire.send("age, wrong framing");
  EXPECT_EQ(status(wire.receive_all()), "HTTP/1.1 400");
  EXPECT_EQ(world.repository->find_target(sha256("package")).value(), std::nullopt);
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(HttpServerTest, WhoAsksFirstIsRefusedBeforeTheBody) {
  start();
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 100000000\r\n";
  const std::string refused =
      exchange("PUT /v1/tenants/an-phat/targets/" + sha256("x").hex() + " HTTP/1.1\r\n" + expect + "\r\n");
  EXPECT_EQ(status(refused), "HTTP/1.1 401");
  const std::string known = exchange(
      staff_head("PUT", "/targets/" + sha256("abc").hex(), "Expect: 100-continue\r\nContent-Length: 3\r\n") + "abc");
  EXPECT_EQ(status(known), "HTTP/1.1 100");
  EXPECT_NE(known.find("HTTP/1.1 201"), std::string::npos);
}

TEST_F(HttpServerTest, WhatHasNoPlaceIsToldToComeBack) {
  HttpOptions options;
  options.threads = 1;
  options.queue = 1;
  start(options);
  Wire slow(server->port());
  slow.send("GET /healthz HTTP/1.1\r\nX-Slow: ");
  std::vector<std::unique_ptr<Wire>> crowd;
  for (int i = 0; i < 6; ++i) {
    crowd.push_back(std::make_unique<Wire>(server->port()));
    crowd.back()->send(kHealth);
  }
  // One waits in the queue, and one may stand where the slow one has not been fetched yet; the others are shed.
  constexpr std::size_t kShed = 4;
  std::vector<Wire*> answered;
  while (answered.size() < kShed) {
    answered.clear();
    for (const auto& wire : crowd) {
      if (wire->answered()) answered.push_back(wire.get());
    }
    std::this_thread::yield();
  }
  for (Wire* wire : answered) {
    const std::string answer = wire->receive_all();
    EXPECT_EQ(status(answer), "HTTP/1.1 503");
    EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  }
  slow.send("y\r\n\r\n");
  EXPECT_EQ(status(slow.receive_all()), "HTTP/1.1 200");
}

TEST_F(HttpServerTest, APortIsNotShared) {
  start();
  HttpOptions same;
  same.port = server->port();
  EXPECT_THAT(HttpServer::bind(same, world.log), fails_with(ErrorCode::conflict, "another program"));
}

TEST_F(HttpServerTest, AnotherMachinesAddressIsRefused) {
  HttpOptions options;
  options.host = "192.0.2.1";
  EXPECT_THAT(HttpServer::bind(options, world.log), fails_with(ErrorCode::conflict));
}

TEST_F(HttpServerTest, StoppingFinishesWhatWasBegun) {
  start();
  Wire wire(server->port());
  wire.send(staff_head("POST", "/commitments", "Content-Length: 18\r\n") + R"({"commit)");
  // The thread has the request once a second connection, made later, is answered.
  EXPECT_EQ(status(exchange(kHealth)), "HTTP/1.1 200");
  std::thread stopping([this] { server->stop(); });
  wire.send(R"(ments":[]})");
  EXPECT_EQ(status(wire.receive_all()), "HTTP/1.1 200");
  stopping.join();
}

TEST_F(HttpServerTest, TheLogHasPathsAndNoSecrets) {
  start();
  exchange("GET /status?token=kip_secret HTTP/1.1\r\nAuthorization: Bearer " + world.token + "\r\n\r\n");
  server->stop();
  ASSERT_FALSE(world.log.lines().empty());
  for (const std::string& line : world.log.lines()) {
    EXPECT_EQ(line.find("kip_"), std::string::npos) << line;
  }
  EXPECT_THAT(world.log.lines().front(),
              ::testing::MatchesRegex("event=http.request id=[0-9a-f]+ method=GET route=/status status=400 ms=0 "
                                      "principal=staff:an bytes=[0-9]+"));
}

}  // namespace
}  // namespace kip::server::testing
