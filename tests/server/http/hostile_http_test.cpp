// Clients that want to keep the server busy, full or confused, on real sockets: they get nowhere, the others are
// served, and memory stays as it is.

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <server/http/http_metrics.hpp>
#include <signing/http/http_server.hpp>
#include <signing/http/request_head.hpp>

#include "../world.hpp"
#include "wire.hpp"

// Only there under the sanitizer, whose allocator glibc's own figures do not know.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace kip::server::testing {
namespace {

using http::HttpOptions;
using http::HttpServer;

constexpr std::string_view kHealthy = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::int64_t kMiB = 1 << 20;

/// What this process has asked for and not given back. Resident pages would also tell of what the allocator keeps at
/// hand.
std::int64_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

class HostileHttp : public ::testing::Test {
 protected:
  void start(HttpOptions options = {}, bool logged = false) {
    options.log_requests = logged;
    server = HttpServer::bind(options, world.log).value();
    server->start(world.router);
  }
  std::string exchange(std::string_view octets) {
    Wire wire(server->port());
    wire.send(octets);
    return wire.receive_all();
  }
  static std::string status(const std::string& answer) { return answer.substr(0, 12); }
  void expect_served() { EXPECT_EQ(status(exchange(kHealthy)), "HTTP/1.1 200"); }
  std::string staff_head(std::string_view method, std::string_view route, std::string_view more) {
    return fmt::format("{} /v1/tenants/an-phat{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{}\r\n", method,
                       route, world.token, more);
  }
  /// Connections from one address (Wire), each of which has sent these octets.
  std::vector<std::unique_ptr<Wire>> crowd(int count, unsigned host, std::string_view octets) const {
    std::vector<std::unique_ptr<Wire>> out;
    for (int i = 0; i < count; ++i) {
      out.push_back(std::make_unique<Wire>(server->port(), host));
      out.back()->send(octets);
    }
    return out;
  }
  /// A clock by which every look takes a second: whoever lets the server wait often has let it wait long.
  HttpOptions hurried() {
    HttpOptions options;
    options.threads = 2;
    options.steady_now = [this] { return std::chrono::steady_clock::time_point(std::chrono::seconds(++seconds)); };
    return options;
  }
  /// One octet after the other, until the server has had enough; how many it was patient for.
  static int drip(Wire& wire, char octet, int most) {
    for (int i = 0; i < most; ++i) {
      wire.send(std::string_view(&octet, 1));
      if (wire.hears(5)) return i;
    }
    return most;
  }

  World world;
  std::atomic<std::int64_t> seconds{0};
  std::unique_ptr<HttpServer> server;
};

TEST_F(HostileHttp, WhoDripsAHeadIsGivenUp) {
  start(hurried());
  Wire slow(server->port());
  slow.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  EXPECT_LT(drip(slow, 'y', 2000), 2000) << "the connection is still open";
  EXPECT_EQ(status(slow.receive_all()), "HTTP/1.1 408");
  expect_served();
}

TEST_F(HostileHttp, HeadsThatDoNotComeHoldNoThread) {
  HttpOptions options;
  options.threads = 1;
  start(options);
  const auto slow = crowd(64, 1, "GET /healthz HTTP/1.1\r\nHost: x\r\n");
  expect_served();
  slow.front()->send("\r\n");
  EXPECT_EQ(status(slow.front()->receive_all()), "HTTP/1.1 200") << "who was slow is served in the end";
}

TEST_F(HostileHttp, OneAddressWhoseBodiesDoNotComeHoldsAShareOfTheThreads) {
  HttpOptions options;
  options.threads = 4;
  start(options);
  // Too large to be waited for elsewhere.
  const std::string body = std::string(http::kSmallBody, ' ') + R"({"commitments":[]})";
  const auto slow =
      crowd(20, 2, staff_head("POST", "/commitments", fmt::format("Content-Length: {}\r\n", body.size())));
  while (server->load().in_work < 2 || server->load().queued < 18)
    std::this_thread::yield();
  EXPECT_EQ(server->load().in_work, 2U);
  expect_served();
  for (const auto& wire : slow)
    wire->send(body);
  for (const auto& wire : slow)
    EXPECT_EQ(status(wire->receive_all()), "HTTP/1.1 200");
}

TEST_F(HostileHttp, ManyAddressesWhoseBodiesDoNotComeHoldHalfOfTheThreadsAndOfTheQueue) {
  HttpOptions options;
  options.threads = 4;
  options.queue = 8;
  start(options);
  const std::string body = std::string(http::kSmallBody, ' ') + R"({"commitments":[]})";
  std::vector<std::unique_ptr<Wire>> slow;
  for (unsigned network = 2; network < 32; ++network) {
    const auto length = network % 2 == 0 ? fmt::format("Content-Length: {}\r\n", body.size())
                                         : std::string("Transfer-Encoding: chunked\r\n");
    slow.push_back(std::move(crowd(1, network, staff_head("POST", "/commitments", length)).front()));
    while (slow.size() <= 2 && server->load().in_work < slow.size())
      std::this_thread::yield();
  }
  while (server->load().queued < options.queue)
    std::this_thread::yield();
  EXPECT_EQ(server->load().in_work, 2U);
  expect_served();
}

TEST_F(HostileHttp, SmallBodiesThatDoNotComeHoldNoThread) {
  HttpOptions options;
  options.threads = 1;
  start(options);
  std::vector<std::unique_ptr<Wire>> slow;
  for (const unsigned network : {2U, 3U, 4U}) {
    for (auto& wire : crowd(10, network, staff_head("POST", "/commitments", "Content-Length: 18\r\n") + "{"))
      slow.push_back(std::move(wire));
  }
  expect_served();
  EXPECT_EQ(server->load().in_work, 0U);
  for (const auto& wire : slow)
    wire->send(R"("commitments":[]})");
  for (const auto& wire : slow)
    EXPECT_EQ(status(wire->receive_all()), "HTTP/1.1 200");
}

TEST_F(HostileHttp, WhoFillsTheLobbyWithOctetsLosesHisOwn) {
  HttpOptions options;
  options.held = 400'000;
  start(options);
  const std::string body = std::string(200'000, ' ') + R"({"commitments":[]})";
  const auto head = staff_head("POST", "/commitments", fmt::format("Content-Length: {}\r\n", body.size()));
  const auto modest = crowd(1, 2, head + body.substr(0, 100'000));
  const auto greedy = crowd(2, 3, head + body.substr(0, 180'000));
  EXPECT_EQ(status(greedy.front()->receive_all()), "HTTP/1.1 503") << "the one who came first";
  modest.front()->send(body.substr(100'000));
  EXPECT_EQ(status(modest.front()->receive_all()), "HTTP/1.1 200");
  greedy.back()->send(body.substr(180'000));
  EXPECT_EQ(status(greedy.back()->receive_all()), "HTTP/1.1 200");
}

TEST_F(HostileHttp, WhoCrowdsTheLobbyCrowdsHimselfOut) {
  HttpMetrics metrics;
  HttpOptions options;
  options.connections = 8;
  options.observer = &metrics;
  start(options);
  Wire honest(server->port());
  honest.send("GET /healthz HTTP/1.1\r\n");
  const auto others = crowd(30, 2, "GET /healthz HTTP/1.1\r\n");
  // With the honest one, 8 may stay.
  for (std::size_t i = 0; i < 23; ++i) {
    const std::string answer = others[i]->receive_all();
    EXPECT_EQ(status(answer), "HTTP/1.1 503") << i;
    EXPECT_NE(answer.find("Retry-After: 5\r\n"), std::string::npos);
  }
  honest.send("Host: x\r\n\r\n");
  EXPECT_EQ(status(honest.receive_all()), "HTTP/1.1 200");
  others.back()->send("Host: x\r\n\r\n");
  EXPECT_EQ(status(others.back()->receive_all()), "HTTP/1.1 200");
  server->stop();
  EXPECT_NE(metrics.text().find("kip_http_shed_total 23\n"), std::string::npos) << metrics.text();
}

TEST_F(HostileHttp, WhoDripsABodyIsGivenUpAndNothingHappens) {
  start(hurried());
  const auto events = world.event_types();
  Wire slow(server->port());
  slow.send(staff_head("POST", "/acts", "Content-Length: 100000\r\n"));
  EXPECT_LT(drip(slow, ' ', 2000), 2000) << "the connection is still open";
  EXPECT_EQ(status(slow.receive_all()), "HTTP/1.1 408");
  expect_served();
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(HostileHttp, WhoSendsAtAReasonableRateIsHeardOut) {
  HttpOptions options = hurried();
  options.slowest = 1;
  start(options);
  const std::string body = R"({"commitments":[]})";
  Wire steady(server->port());
  steady.send(staff_head("POST", "/commitments", fmt::format("Content-Length: {}\r\n", body.size())));
  for (const char c : body)
    steady.send(std::string_view(&c, 1));
  EXPECT_EQ(status(steady.receive_all()), "HTTP/1.1 200");
}

TEST_F(HostileHttp, WhoIsSilentIsGivenUp) {
  HttpOptions options;
  options.threads = 1;
  options.timeout = std::chrono::seconds(1);
  start(options);
  const Wire silent(server->port());
  expect_served();
}

TEST_F(HostileHttp, ManyWhoKeepTheirConnectionsStopNobody) {
  HttpOptions options;
  options.threads = 8;
  options.queue = 1024;
  start(options);
  std::vector<std::unique_ptr<Wire>> idle;
  for (int i = 0; i < 512; ++i) {
    idle.push_back(std::make_unique<Wire>(server->port()));
    idle.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(status(idle.back()->receive_all()), "HTTP/1.1 200") << i << ": closed after the answer";
  }
  expect_served();
}

TEST_F(HostileHttp, TargetsThatCouldMeanTwoThingsAreRefused) {
  start();
  for (const char* target : {"/%", "/%4", "/%zz", "/a%00b", "/a%0d%0ab", "/%c0%ae%c0%ae/", "/t/an-phat/targets/..%5cx",
                             "/healthz?a=%ff", "/healthz?a=1&a=2"}) {
    const std::string answer = exchange(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
    EXPECT_EQ(status(answer), "HTTP/1.1 400") << target;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << target;
  }
  for (const char* target :
       {"/t/an-phat/targets/../../etc/passwd", "/t/an-phat/metadata/..", "//healthz", "/t%2fan-phat/targets/a",
        "/t/an-phat/targets/..%2f..%2f..%2fetc%2fpasswd", "/t/an-phat/targets/%2fetc/passwd", "/t/an-phat%2ftargets/a"})
    EXPECT_EQ(status(exchange(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target))), "HTTP/1.1 404") << target;
}

TEST_F(HostileHttp, ManyRangesAreNoMultipleOfTheFile) {
  const Bytes package(1'000'000, 'k');
  const std::string location = fmt::format("forms/{}.big.kpk", sha256(package).hex());
  ASSERT_THAT(world.repository->write_target(location, package), is_ok());
  start();
  std::string ranges = "bytes=0-";
  for (int i = 0; i < 1000; ++i)
    ranges += ",0-";
  const std::string head = fmt::format("GET /t/an-phat/targets/{} HTTP/1.1\r\nHost: x\r\n", location);
  for (const std::string& range : {ranges, std::string("bytes=0-0,1-1"), std::string("bytes=0-,0-,0-,0-,0-,0-"),
                                   std::string("bytes=-18446744073709551616"), std::string("bytes=5-4")}) {
    const std::string answer = exchange(head + "Range: " + range + "\r\n\r\n");
    EXPECT_TRUE(status(answer) == "HTTP/1.1 200" || status(answer) == "HTTP/1.1 416" ||
                status(answer) == "HTTP/1.1 400")
        << range.substr(0, 40) << " " << status(answer);
    EXPECT_LT(answer.size(), package.size() + 2000);
  }
}

TEST_F(HostileHttp, FramingThatTwoProgramsReadDifferentlyIsNoSecondRequest) {
  start();
  const std::string smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string post = "POST /v1/tenants/an-phat/sessions HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& octets : {
           post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + smuggled,
           post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + smuggled,
           post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n" + smuggled,
           post + "Transfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n" + smuggled,
           post + "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + smuggled,
           post + "Content-Length: 0\r\nContent-Length: 36\r\n\r\n" + smuggled,
           post + "Content-Length: 36, 36\r\n\r\n" + smuggled,
           post + "Content-Length: 0\n\r\n" + smuggled,
           post + "X: a\r\n b: c\r\nContent-Length: 0\r\n\r\n" + smuggled,
           std::string("GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 45) + smuggled,
           "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled,
       }) {
    const std::string answer = exchange(octets);
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "two answers to " << octets << "\n" << answer;
  }
  expect_served();
}

TEST_F(HostileHttp, TheQueueThatIsFullSaysSoAsAProblem) {
  HttpOptions options;
  options.threads = 1;
  options.queue = 0;
  options.timeout = std::chrono::seconds(1);
  start(options);
  const std::string answer = exchange(kHealthy);
  EXPECT_EQ(status(answer), "HTTP/1.1 503");
  EXPECT_NE(answer.find("Retry-After: 5\r\n"), std::string::npos);
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
}

TEST_F(HostileHttp, WhoIsTurnedAwayWithoutEndDoesNotFillTheLog) {
  HttpOptions options;
  options.threads = 1;
  options.queue = 0;
  // A clock that does not move by itself.
  options.steady_now = [this] { return std::chrono::steady_clock::time_point(std::chrono::seconds(1 + seconds)); };
  start(options, true);
  const auto lines = [this] {
    const auto all = world.log.lines();
    return std::count_if(all.begin(), all.end(),
                         [](const std::string& line) { return line.find("http.shed") != std::string::npos; });
  };
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(status(exchange(kHealthy)), "HTTP/1.1 503");
  EXPECT_EQ(lines(), 1);
  seconds += 1;
  EXPECT_EQ(status(exchange(kHealthy)), "HTTP/1.1 503");
  EXPECT_EQ(lines(), 2);
  EXPECT_NE(world.log.lines().back().find("count=20"), std::string::npos) << world.log.lines().back();
}

TEST_F(HostileHttp, MemoryStaysAsItIs) {
  HttpOptions few;
  few.threads = 4;
  start(few);
  expect_served();
  const std::string piece(kMiB, 'a');
  const std::int64_t before = allocated_bytes();
  std::int64_t most = before;
  const auto pour = [&](const std::string& head, int pieces, bool chunked) {
    Wire wire(server->port());
    wire.send(head);
    for (int i = 0; i < pieces && !wire.answered(); ++i) {
      wire.send(chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece);
      most = std::max(most, allocated_bytes());
    }
    return status(wire.receive_all());
  };
  const auto attack = [&] {
    EXPECT_NE(pour("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", 64, false), "HTTP/1.1 200");
    EXPECT_NE(pour("GET /", 64, false), "HTTP/1.1 200");
    EXPECT_NE(
        pour("POST /v1/tenants/an-phat/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 64, true),
        "HTTP/1.1 200");
    EXPECT_NE(pour(staff_head("POST", "/acts/import", "Transfer-Encoding: chunked\r\n"), 64, true), "HTTP/1.1 200");
    EXPECT_NE(pour(staff_head("POST", "/acts", "Content-Length: 67108864\r\n"), 64, false), "HTTP/1.1 200");
  };
  // 320 MiB a round: most of it may at no time be held, and none of it after.
  for (int round = 0; round < 4; ++round)
    attack();
  EXPECT_LT(most - before, 32 * kMiB);
  std::string headers;
  for (int i = 0; i < 100'000; ++i)
    headers += fmt::format("X-{}: y\r\n", i);
  EXPECT_EQ(status(exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n")), "HTTP/1.1 431");
  expect_served();
  server.reset();
  EXPECT_LT(allocated_bytes() - before, 2 * kMiB);
}

}  // namespace
}  // namespace kip::server::testing
