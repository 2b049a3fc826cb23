#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <signing/fetch/curl_http_client.hpp>
#include <signing/timestamp/authority_client.hpp>
#include <testing/fixed_world.hpp>
#include <testing/loopback_server.hpp>
#include <testing/matchers.hpp>
#include <testing/time_authorities.hpp>

namespace kip::tsp {
namespace {

using kip::testing::Identity;
using kip::testing::make_identity;
using kip::testing::make_token;
using kip::testing::SeededRandom;
using kip::testing::SimulatedClock;
using kip::testing::TokenSpec;
using ::testing::HasSubstr;

/// Answers with what it was told; keeps what it was asked.
class ScriptedHttp final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    requests.push_back(request);
    return answer;
  }
  Result<HttpResponse> download(const HttpDownload&, BodySink&) override { return fail(ErrorCode::internal, "unused"); }

  Result<HttpResponse> answer = HttpResponse{200, {}, {}};
  std::vector<HttpRequest> requests;
};

class AuthorityClientTest : public ::testing::Test {
 protected:
  TokenSpec spec() const {
    TokenSpec out{.digest = request.digest.bytes()};
    out.nonce = request.nonce;
    return out;
  }
  Outcome ask_and_get(const Bytes& body) {
    http.answer = HttpResponse{200, {{"content-type", "application/timestamp-reply"}}, body};
    return client.ask(authority, request);
  }
  Outcome ask_and_get(const TokenSpec& token) { return ask_and_get(kip::testing::grant(make_token(signer, token))); }

  static void expect_refused(const Outcome& outcome, Refusal reason, const std::string& part) {
    const auto* refused = std::get_if<Refused>(&outcome);
    ASSERT_NE(refused, nullptr) << "outcome " << outcome.index();
    EXPECT_EQ(to_string(refused->reason), to_string(reason)) << refused->message;
    EXPECT_THAT(refused->message, HasSubstr(part));
  }
  static void expect_away(const Outcome& outcome, std::optional<std::chrono::seconds> retry_after) {
    const auto* away = std::get_if<Unreachable>(&outcome);
    ASSERT_NE(away, nullptr) << "outcome " << outcome.index();
    EXPECT_EQ(away->retry_after, retry_after);
    EXPECT_FALSE(away->message.empty());
  }

  SimulatedClock clock{"2026-03-01T12:00:01Z"};
  SeededRandom random;
  ScriptedHttp http;
  AuthorityClient client{http, clock};
  Identity root = make_identity({.name = "Root", .ca = true});
  Identity signer = make_identity({.name = "Signer", .issuer = &root});
  Authority authority{"first", "http://127.0.0.1:1/tsa", {.roots = {root.der()}}};
  Request request = make_request(sha256("data"), random).value();
};

TEST_F(AuthorityClientTest, PostsTheRequestAndVerifiesTheAnswer) {
  const Outcome outcome = ask_and_get(spec());
  const auto* stamped = std::get_if<Stamped>(&outcome);
  ASSERT_NE(stamped, nullptr);
  EXPECT_EQ(stamped->accuracy, std::chrono::milliseconds(1500));
  EXPECT_TRUE(stamped->independent);
  EXPECT_EQ(stamped->token.signer().der, signer.der());
  EXPECT_EQ(UnverifiedToken::parse(stamped->bytes)->claims(), stamped->token.claims);
  ASSERT_EQ(http.requests.size(), 1U);
  EXPECT_EQ(http.requests[0].method, "POST");
  EXPECT_EQ(http.requests[0].url, authority.url);
  EXPECT_EQ(http.requests[0].body, request.der);
  EXPECT_EQ(http.requests[0].headers[0],
            std::pair(std::string("Content-Type"), std::string("application/timestamp-query")));
  EXPECT_LE(http.requests[0].max_body, 64U << 10U);
}

TEST_F(AuthorityClientTest, AnAccuracyThatTokensDoNotStateIsThatOfTheConfiguration) {
  TokenSpec vague = spec();
  vague.seconds = 0;
  expect_refused(ask_and_get(vague), Refusal::no_accuracy, "state what its policy promises");
  authority.accuracy = std::chrono::seconds(2);
  EXPECT_EQ(std::get<Stamped>(ask_and_get(vague)).accuracy, std::chrono::seconds(2));
  EXPECT_EQ(std::get<Stamped>(ask_and_get(spec())).accuracy, std::chrono::milliseconds(1500)) << "the token's own";
}

TEST_F(AuthorityClientTest, ADevelopmentAuthorityIsNeverIndependent) {
  TokenSpec token = spec();
  token.policy = kDevelopmentPolicy;
  EXPECT_FALSE(std::get<Stamped>(ask_and_get(token)).independent) << "whatever the settings say";
  authority.independent = false;
  EXPECT_FALSE(std::get<Stamped>(ask_and_get(spec())).independent);
}

TEST_F(AuthorityClientTest, ABadAnswerIsNoPassingFailure) {
  TokenSpec other = spec();
  other.digest = sha256("other").bytes();
  expect_refused(ask_and_get(other), Refusal::other_request, "other data");
  other = spec();
  other.nonce = "1234";
  expect_refused(ask_and_get(other), Refusal::other_request, "nonce");
  other.nonce.clear();
  expect_refused(ask_and_get(other), Refusal::other_request, "nonce");
  const Identity stranger = make_identity({.name = "Stranger"});
  expect_refused(ask_and_get(kip::testing::grant(make_token(stranger, spec()))), Refusal::untrusted,
                 "nobody who is trusted");
  const Identity past = make_identity({.issuer = &root, .not_after = "2026-02-28T00:00:00Z"});
  expect_refused(ask_and_get(kip::testing::grant(make_token(past, spec()))), Refusal::expired, "expired");
  authority.trust.policies = {"1.2.3.9"};
  expect_refused(ask_and_get(spec()), Refusal::policy, "1.2.3.4");
  authority.trust.policies.clear();
  authority.trust.revocation.crls = {
      kip::testing::make_crl(root, "2026-03-01T00:00:00Z", {{&signer, "2026-01-01T00:00:00Z", 1}})};
  expect_refused(ask_and_get(spec()), Refusal::revoked, "revoked");
}

TEST_F(AuthorityClientTest, GarbageIsABadAnswer) {
  for (const Bytes& body : {Bytes(), Bytes("<html>busy</html>"), Bytes(3000, '\0'), Bytes("\x30\x03\x02\x01\0", 5)})
    expect_refused(ask_and_get(body), Refusal::malformed, "first: ");
  http.answer = fail(ErrorCode::too_large, "its answer has more than 65536 octets");
  expect_refused(client.ask(authority, request), Refusal::malformed, "65536");
  http.answer = fail(ErrorCode::malformed, "is not HTTP");
  expect_refused(client.ask(authority, request), Refusal::malformed, "not HTTP");
}

TEST_F(AuthorityClientTest, ARejectionWithHttp200IsABadAnswer) {
  expect_refused(ask_and_get(kip::testing::reject(2, 15, "not mine")), Refusal::rejected,
                 "rejection (unacceptedPolicy): not mine");
  expect_refused(ask_and_get(kip::testing::reject(2, 0, "")), Refusal::rejected, "badAlg");
  expect_refused(ask_and_get(kip::testing::reject(5, -1, "")), Refusal::rejected, "revocationNotification");
}

TEST_F(AuthorityClientTest, AnAuthorityThatCannotNowIsAskedLater) {
  expect_away(ask_and_get(kip::testing::reject(2, 14, "no time")), std::nullopt);
  expect_away(ask_and_get(kip::testing::reject(2, 25, "")), std::nullopt);
  expect_away(ask_and_get(kip::testing::reject(3, -1, "")), std::nullopt);
}

TEST_F(AuthorityClientTest, HttpStatusesArePassingOrNot) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    http.answer = HttpResponse{status, {{"retry-after", "120"}}, {}};
    expect_away(client.ask(authority, request), std::chrono::seconds(120));
  }
  for (const int status : {201, 204, 302, 400, 401, 403, 404, 415}) {
    http.answer = HttpResponse{status, {{"retry-after", "120"}}, {}};
    expect_refused(client.ask(authority, request), Refusal::rejected, std::to_string(status));
  }
  http.answer = fail(ErrorCode::network, "could not connect");
  expect_away(client.ask(authority, request), std::nullopt);
}

TEST_F(AuthorityClientTest, AClockThatIsThirtyDaysOffIsFound) {
  clock.advance(std::chrono::days(30));
  expect_refused(ask_and_get(spec()), Refusal::clock, "one of the two clocks is wrong");
  clock.advance(-std::chrono::days(60));
  expect_refused(ask_and_get(spec()), Refusal::clock, "one of the two clocks is wrong");
}

TEST_F(AuthorityClientTest, ClocksMayDifferByTheTolerance) {
  TokenSpec token = spec();
  for (const auto& [time, good] : {std::pair("20260301120501Z", true),
                                   {"20260301120501.001Z", false},
                                   {"20260301115501Z", true},
                                   {"20260301115500.999Z", false}}) {
    token.time = time;
    EXPECT_EQ(std::holds_alternative<Stamped>(ask_and_get(token)), good) << time;
  }
}

TEST_F(AuthorityClientTest, OverTheRealNetwork) {
  kip::testing::LoopbackServer server;
  CurlHttpClient curl({.total_timeout = std::chrono::seconds(1)});
  AuthorityClient real(curl, clock);
  authority.url = server.url("/tsa");
  server.answer(200, kip::testing::grant(make_token(signer, spec())));
  EXPECT_TRUE(std::holds_alternative<Stamped>(real.ask(authority, request)));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_TRUE(server.requests()[0].ends_with("\r\n\r\n" + request.der));
  server.answer(429, "", "Retry-After: 7\r\n");
  expect_away(real.ask(authority, request), std::chrono::seconds(7));
  server.answer(200, Bytes(70'000, 'x'));
  expect_refused(real.ask(authority, request), Refusal::malformed, "65536");
  server.answer("what is this\r\n");
  expect_refused(real.ask(authority, request), Refusal::malformed, "");
  server.answer("");
  expect_away(real.ask(authority, request), std::nullopt);
}

/// A port on which nobody answers: connections are made by the system and stay in its queue.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, plain, size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, plain, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { ::close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/tsa"; }

 private:
  int socket_;
  int port_ = 0;
};

TEST_F(AuthorityClientTest, AnAuthorityThatIsDownOrSlowIsAskedLater) {
  CurlHttpClient curl({.total_timeout = std::chrono::seconds(1)});
  AuthorityClient real(curl, clock);
  {
    const SilentPort silent;
    authority.url = silent.url();
    expect_away(real.ask(authority, request), std::nullopt);
  }
  expect_away(real.ask(authority, request), std::nullopt);  // nobody listens any more
}

TEST(RefusalTest, IsReadBack) {
  for (int i = 0; i <= static_cast<int>(Refusal::no_accuracy); ++i)
    EXPECT_EQ(parse_refusal(to_string(static_cast<Refusal>(i))).value(), static_cast<Refusal>(i));
  EXPECT_THAT(parse_refusal("because"), kip::testing::fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip::tsp
