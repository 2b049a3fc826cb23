// What operators and their programs ask: is it ready, and how much of what is there.

#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/http/http_metrics.hpp>
#include <signing/http/http_server.hpp>

#include "../world.hpp"
#include "wire.hpp"

namespace kip::server::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OperationsApi : public ::testing::Test {
 protected:
  OperationsApi() { EXPECT_THAT(world.logs.start(), is_ok()); }
  Response here(const std::string& target) {
    Request request;
    request.method = "GET";
    request.target = target;
    request.from = "127.0.0.1";
    request.local = true;
    return world.router.handle(request);
  }
  World world;
};

TEST_F(OperationsApi, AreForThisMachineAndForStaff) {
  for (const char* path : {"/readyz", "/metrics", "/t/an-phat/readyz", "/t/an-phat/metrics"}) {
    EXPECT_EQ(here(path).status, 200) << path;
    EXPECT_EQ(world.staff("GET", path).status, 200) << path;
    EXPECT_EQ(world.call("GET", path).status, 401) << path;
    EXPECT_EQ(world.as("kip_wrong", "GET", path).status, 401) << path;
  }
  EXPECT_EQ(here("/t/binh-minh/metrics").status, 404);
}

TEST_F(OperationsApi, ReadyIsWhoCanWriteSignAndPublish) {
  const Response ready = here("/readyz");
  ASSERT_EQ(ready.status, 200) << ready.body;
  EXPECT_EQ(ready.body,
            R"({"checks":[{"name":"database","ok":true},{"name":"repository","ok":true},{"name":"keys","ok":true},)"
            R"({"name":"logs","ok":true}],"status":"ready"})"
            "\n");
  world.files.fail_from(1, ErrorCode::disk_full);
  const Response full = here("/readyz");
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(header(full, "Retry-After"), "5");
  EXPECT_THAT(full.body, HasSubstr("repository: "));
  EXPECT_EQ(here("/healthz").status, 200) << "the process answers all the same";
}

TEST_F(OperationsApi, LogsThatAreNotPublishedAreBehind) {
  world.register_act_and_commitments();
  EXPECT_EQ(here("/readyz").status, 200) << "a moment is no matter";
  world.clock.advance(std::chrono::seconds(61));
  EXPECT_THAT(here("/readyz").body, HasSubstr("has not been published since"));
  ASSERT_THAT(world.logs.flush(), is_ok());
  EXPECT_EQ(here("/readyz").status, 200);
}

TEST_F(OperationsApi, AskingLeavesNothingBehind) {
  const auto events = world.event_types();
  here("/readyz");
  here("/metrics");
  EXPECT_EQ(world.event_types(), events);
  EXPECT_FALSE(world.files.status("/repository/.writable").has_value());
}

TEST_F(OperationsApi, MetricsNameNobody) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const Bytes receipt = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(install), {receipt}), is_ok());
  ASSERT_THAT(world.logs.flush(), is_ok());
  const std::string text = here("/metrics").body;
  EXPECT_THAT(text, HasSubstr(fmt::format("kip_events{{tenant=\"an-phat\"}} {}\n", world.event_types().size())));
  EXPECT_THAT(text, HasSubstr("kip_receipts_acknowledged_total{tenant=\"an-phat\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kip_log_entries{tenant=\"an-phat\",log=\"o\"} "));
  EXPECT_THAT(text, HasSubstr("kip_metadata_expires_seconds{tenant=\"an-phat\",role=\"timestamp\"} "));
  EXPECT_THAT(text, HasSubstr("kip_metadata_expires_seconds{tenant=\"an-phat\",role=\"root\"} "));
  for (const std::string& secret : {std::string("Minh"), std::string("0101243150"), world.token, std::string("staff:")})
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  const std::regex line(R"(# (HELP|TYPE) kip_\w+ .+|kip_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?\d+(\.\d+)?)");
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_TRUE(std::regex_match(text.substr(begin, end - begin), line)) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(HttpMetrics, CountsByRouteMethodAndStatus) {
  HttpMetrics metrics;
  for (const int millis : {1, 3, 30, 10'000})
    metrics.finished(
        {"GET", "/v1/tenants/{tenant}/acts", "staff:an", 200, std::chrono::milliseconds(millis), 10, false});
  metrics.finished({"-", "-", "-", 503, std::chrono::milliseconds(0), 0, true});
  const std::string text = metrics.text();
  EXPECT_THAT(text,
              HasSubstr(R"(kip_http_requests_total{method="GET",route="/v1/tenants/{tenant}/acts",status="200"} 4)"));
  EXPECT_THAT(text, HasSubstr(R"(kip_http_requests_total{method="-",route="-",status="503"} 1)"));
  const std::string bucket = R"(kip_http_request_seconds_bucket{route="/v1/tenants/{tenant}/acts",le=)";
  EXPECT_THAT(text, HasSubstr(bucket + "\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"5.000\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr(R"(kip_http_request_seconds_sum{route="/v1/tenants/{tenant}/acts"} 10.034000)"));
  EXPECT_THAT(text, HasSubstr("kip_http_shed_total 1\n"));
  EXPECT_THAT(text, HasSubstr("kip_http_sent_bytes_total 40\n"));
  EXPECT_THAT(text, Not(HasSubstr("staff:an")));
}

TEST(HttpMetrics, LabelsAreEscaped) {
  EXPECT_THAT(gauges_text({{"kip_x", "Help.", {{"a", "\"\\\n"}}, 1}}), HasSubstr("kip_x{a=\"\\\"\\\\\\n\"} 1\n"));
}

class OperatorsSocket : public ::testing::Test {
 protected:
  std::string ask(const http::HttpOptions& options, std::string_view more) {
    const auto server = http::HttpServer::bind(options, world.log).value();
    server->start(world.router);
    Wire wire(server->port());
    wire.send(fmt::format("GET /metrics HTTP/1.1\r\nHost: x\r\n{}\r\n", more));
    return wire.receive_all().substr(0, 12);
  }
  World world;
};

TEST_F(OperatorsSocket, WhatWasPassedOnIsNotFromThisMachine) {
  EXPECT_EQ(ask({}, ""), "HTTP/1.1 200");
  for (const char* header : {"X-Forwarded-For: 127.0.0.1\r\n", "Forwarded: for=127.0.0.1\r\n", "Via: 1.1 proxy\r\n",
                             "X-Real-IP: 127.0.0.1\r\n"})
    EXPECT_EQ(ask({}, header), "HTTP/1.1 401") << header;
  http::HttpOptions behind;
  behind.behind_proxy = true;
  EXPECT_EQ(ask(behind, ""), "HTTP/1.1 401") << "the proxy is on this machine";
  EXPECT_EQ(ask(behind, "X-Forwarded-For: 127.0.0.1\r\n"), "HTTP/1.1 401");
}

TEST_F(OperatorsSocket, EachRequestIsALineWhichNobodyElseCanWrite) {
  HttpMetrics metrics;
  http::HttpOptions options;
  options.observer = &metrics;
  const auto server = http::HttpServer::bind(options, world.log).value();
  server->start(world.router);
  const auto send = [&](const std::string& octets) {
    Wire wire(server->port());
    wire.send(octets);
    return wire.receive_all();
  };
  const std::string token = "Authorization: Bearer " + world.token + "\r\n";
  const std::string answer = send("GET /v1/tenants/an-phat/acts?limit=1 HTTP/1.1\r\nHost: x\r\n" + token + "\r\n");
  send("GET /x\tevent=forged HTTP/1.1\r\nHost: x\r\n\r\n");
  send("GET /nowhere?person=Minh%0aevent=forged HTTP/1.1\r\nHost: x\r\n\r\n");
  server->stop();
  const auto lines = world.log.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], ::testing::MatchesRegex("event=http.request id=[0-9a-f]+ method=GET "
                                                "route=\"?/v1/tenants/.tenant./acts\"? status=200 ms=[0-9]+ "
                                                "principal=staff:an bytes=[0-9]+"));
  const std::string id = lines[0].substr(lines[0].find("id=") + 3, 8);
  EXPECT_THAT(answer, HasSubstr("Request-Id: " + id));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, Not(HasSubstr("forged")));
    EXPECT_THAT(line, Not(HasSubstr("Minh")));
    EXPECT_THAT(line, Not(HasSubstr("kip_")));
  }
  EXPECT_THAT(metrics.text(), HasSubstr(R"(kip_http_requests_total{method="-",route="-",status="400"} 1)"));
}

TEST_F(OperatorsSocket, ARequestWithABodyIsNotedLikeTheOthers) {
  const auto server = http::HttpServer::bind({}, world.log).value();
  server->start(world.router);
  Wire wire(server->port());
  wire.send("POST /v1/tenants/an-phat/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + world.token +
            "\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_THAT(wire.receive_all(), HasSubstr("Request-Id: "));
  server->stop();
  const auto lines = world.log.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("/v1/tenants/{tenant}/tokens"));
  EXPECT_THAT(lines[0], HasSubstr("status=201"));
  EXPECT_THAT(lines[0], HasSubstr("principal=staff:an"));
}

TEST_F(OperatorsSocket, TheLogOfRequestsCanBeOff) {
  http::HttpOptions options;
  options.log_requests = false;
  EXPECT_EQ(ask(options, ""), "HTTP/1.1 200");
  EXPECT_TRUE(world.log.lines().empty());
}

}  // namespace
}  // namespace kip::server::testing
