// The adapter on a real socket, spoken to with raw octets: what a browser would never send included.

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/http/http_metrics.hpp>
#include <signing/http/http_server.hpp>
#include <signing/http/request_head.hpp>

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

TEST_F(HttpServerTest, AUrlIsAsGoodAsItsPath) {
  start();
  EXPECT_EQ(status(exchange("GET http://elsewhere.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 200");
}

TEST_F(HttpServerTest, OneAnswerClosesOnce) {
  HttpOptions options;
  options.requests_per_connection = 10;
  start(options);
  for (const std::string& octets : {std::string("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                                    std::string("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
                                    std::string("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")}) {
    const std::string answer = exchange(octets);
    EXPECT_EQ(answer.find("Connection: close"), answer.rfind("Connection: ")) << answer;
    EXPECT_EQ(answer.find("Keep-Alive"), std::string::npos) << answer;
  }
}

TEST_F(HttpServerTest, SeveralRequestsOfAConnectionAreAnsweredInTheirOrder) {
  HttpOptions options;
  options.requests_per_connection = 3;
  start(options);
  const std::string post = staff_head("POST", "/commitments", "Content-Length: 18\r\n") + R"({"commitments":[]})";
  Wire wire(server->port());
  wire.send(std::string(kHealth) + post + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(kHealth));
  const std::string answers = wire.receive_all();
  const auto first = answers.find("HTTP/1.1 200");
  const auto second = answers.find("HTTP/1.1 200", first + 1);
  const auto third = answers.find("HTTP/1.1 404", second + 1);
  ASSERT_NE(third, std::string::npos) << answers;
  EXPECT_EQ(answers.find("HTTP/1.1", third + 1), std::string::npos) << "three were allowed";
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
  for (const char* odd : {"bytes=a-b", "lines=1-2", "bytes", "bytes=5-4"})
    EXPECT_EQ(status(exchange(get + "Range: " + odd + "\r\n\r\n")), "HTTP/1.1 200") << odd;
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
  EXPECT_EQ(status(exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")), "HTTP/1.1 200");
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
        HostileCase{"body_of_an_unknown_path",
                    "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n" + kSmuggled, "HTTP/1.1 404"},
        HostileCase{"other_method", "DELETE /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n" + kSmuggled,
                    "HTTP/1.1 405"},
        HostileCase{"unheard_of_method", "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + kSmuggled, "HTTP/1.1 501"},
        HostileCase{"get_with_a_body", "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n" + kSmuggled,
                    "HTTP/1.1 400"},
        HostileCase{"compressed", post("Content-Length: 34\r\nContent-Encoding: gzip\r\n", kSmuggled), "HTTP/1.1 401"},
        HostileCase{"no_http", "hello\r\n\r\n" + kSmuggled, "HTTP/1.1 400"},
        HostileCase{"long_target", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 414"},
        HostileCase{"long_header", "GET /healthz HTTP/1.1\r\nX: " + std::string(300'000, 'a') + "\r\n\r\n",
                    "HTTP/1.1 431"},
        HostileCase{"target_of_megabytes", "GET /" + std::string(5'000'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
                    "HTTP/1.1 414"},
        HostileCase{"no_host", "GET /healthz HTTP/1.1\r\n\r\n" + kSmuggled, "HTTP/1.1 400"},
        HostileCase{"other_version", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n" + kSmuggled, "HTTP/1.1 505"},
        HostileCase{"blank_before_a_colon", post("Content-Length : 0\r\n", kSmuggled), "HTTP/1.1 400"},
        HostileCase{"many_headers",
                    [] {
                      std::string out = "GET /healthz HTTP/1.1\r\n";
                      for (int i = 0; i < 200; ++i)
                        out += fmt::format("X{}: y\r\n", i);
                      return out + "\r\n";
                    }(),
                    "HTTP/1.1 431"}),
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
  // The last line is missing.
  Wire short_one(server->port());
  short_one.send(staff_head("POST", "/commitments", "Transfer-Encoding: chunked\r\n") +
                 "12\r\n{\"commitments\":[]}\r\n0\r\n");
  short_one.end();
  EXPECT_EQ(status(short_one.receive_all()), "HTTP/1.1 400");
  EXPECT_EQ(world.repository->find_target(sha256("package")).value(), std::nullopt);
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(HttpServerTest, AChunksSizeIsHexadecimalAndNothingElse) {
  start();
  const std::string rest = "\r\n{\"commitments\":[]}\r\n0\r\n\r\n";
  const std::string head = staff_head("POST", "/commitments", "Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(status(exchange(head + "12" + rest)), "HTTP/1.1 200");
  for (const char* size : {"0x12", "+12", " 12", "12 "})
    EXPECT_EQ(status(exchange(head + size + rest)), "HTTP/1.1 400") << size;
}

TEST_F(HttpServerTest, WhoAsksFirstIsRefusedBeforeTheBody) {
  start();
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 100000000\r\n";
  const std::string refused =
      exchange("PUT /v1/tenants/an-phat/targets/" + sha256("x").hex() + " HTTP/1.1\r\nHost: x\r\n" + expect + "\r\n");
  EXPECT_EQ(status(refused), "HTTP/1.1 401");
  const std::string known = exchange(
      staff_head("PUT", "/targets/" + sha256("abc").hex(), "Expect: 100-continue\r\nContent-Length: 3\r\n") + "abc");
  EXPECT_EQ(status(known), "HTTP/1.1 100");
  EXPECT_NE(known.find("HTTP/1.1 201"), std::string::npos);
}

TEST_F(HttpServerTest, WhatHasNoPlaceIsToldToComeBack) {
  HttpMetrics metrics;
  HttpOptions options;
  options.threads = 1;
  options.queue = 1;
  options.observer = &metrics;
  start(options);
  Wire slow(server->port());
  // Too large to be waited for elsewhere.
  const std::string body = std::string(http::kSmallBody, ' ') + R"({"commitments":[]})";
  slow.send(staff_head("POST", "/commitments", fmt::format("Content-Length: {}\r\n", body.size())));
  while (server->load().in_work == 0)
    std::this_thread::yield();
  std::vector<std::unique_ptr<Wire>> crowd;
  for (int i = 0; i < 6; ++i) {
    crowd.push_back(std::make_unique<Wire>(server->port()));
    crowd.back()->send(kHealth);
  }
  // One waits in the queue; the others are shed, each with an answer.
  constexpr std::size_t kShed = 5;
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
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
  }
  slow.send(body);
  EXPECT_EQ(status(slow.receive_all()), "HTTP/1.1 200");
  server->stop();
  EXPECT_NE(metrics.text().find("kip_http_shed_total 5\n"), std::string::npos);
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
  exchange("GET /status?token=kip_secret HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + world.token + "\r\n\r\n");
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
