#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/timestamp/development_authority.hpp>
#include <signing/timestamp/response.hpp>
#include <signing/timestamp/stamp_queue.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

namespace kip::tsp {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using kip::testing::SeededRandom;
using kip::testing::SimulatedClock;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Keeps stamps until it is told that the disk is full.
class FailingStore final : public StampStore {
 public:
  Result<std::vector<Stamp>> load() override { return inner.load(); }
  Result<void> save(const Stamp& stamp) override {
    if (full) return fail(ErrorCode::disk_full, "no space");
    return inner.save(stamp);
  }
  MemoryStampStore inner;
  bool full = false;
};

class StampQueueTest : public ::testing::Test {
 protected:
  StampQueueTest() {
    for (const char* name : {"a", "b", "c"})
      authorities.push_back({name, "http://" + std::string(name), {}});
  }
  StampQueue open() {
    return StampQueue::open(
               {store, [this](const auto& authority, const auto& request) { return ask(authority, request); }, clock,
                random},
               authorities, patience)
        .value();
  }
  Outcome ask(const Authority& authority, const Request& request) {
    asked.push_back(authority.name);
    requests.push_back(request);
    on_ask(request);
    const auto found = outcomes.find(authority.name);
    return found == outcomes.end() ? stamped() : found->second;
  }
  static Outcome stamped() {
    VerifiedToken token;
    token.signature = "signature";
    token.claims.gen_time = Instant(seconds(1'772'366'400));
    return Stamped{token, "token", seconds(1), true};
  }

  std::vector<Authority> authorities;
  Patience patience{seconds(10), seconds(100)};
  SimulatedClock clock{"2026-03-01T12:00:00Z"};
  SeededRandom random;
  FailingStore store;
  std::map<std::string, Outcome> outcomes;
  std::vector<std::string> asked;
  std::vector<Request> requests;
  std::function<void(const Request&)> on_ask = [](const Request&) {};
  Sha256Digest subject = sha256("checkpoint");
};

TEST_F(StampQueueTest, AsksEveryAuthorityWhateverTheOthersDo) {
  outcomes = {{"a", Unreachable{"down"}}, {"b", Refused{Refusal::policy, "another policy"}}};
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_EQ(queue.summary(subject).text(), "pending");
  const auto round = queue.work();
  ASSERT_THAT(round, is_ok());
  EXPECT_THAT(asked, ElementsAre("a", "b", "c"));
  EXPECT_THAT(round->stamped, SizeIs(1));
  EXPECT_THAT(round->bad, SizeIs(1));
  EXPECT_THAT(round->unreachable, SizeIs(1));
  EXPECT_EQ(queue.summary(subject), (StampSummary{.stamped = 1, .independent = 1, .pending = 1, .bad = 1}));
  EXPECT_EQ(queue.summary(subject).text(), "stamped 1 of 3");
  const Stamp stamp = round->stamped.front();
  EXPECT_EQ(stamp.facts->token, "token");
  EXPECT_EQ(stamp.facts->identity, sha256("signature"));
}

TEST_F(StampQueueTest, ABadAnswerIsNotAskedForAgainByItself) {
  outcomes = {{"b", Refused{Refusal::clock, "one of the two clocks is wrong"}}};
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_EQ(queue.next_at(), std::nullopt);
  clock.advance(std::chrono::hours(1000));
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_THAT(asked, ElementsAre("a", "b", "c"));
  EXPECT_EQ(queue.of(subject)[1].refusal, Refusal::clock);
  // A person may.
  outcomes.clear();
  EXPECT_THAT(queue.again(subject, "b"), is_ok());
  EXPECT_THAT(queue.again(subject, "x"), fails_with(ErrorCode::not_found));
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_EQ(queue.summary(subject).text(), "stamped 3 of 3");
  EXPECT_NE(requests[1].nonce, requests[3].nonce) << "by a new request";
}

TEST_F(StampQueueTest, ARequestIsDurableBeforeItIsSent) {
  on_ask = [&](const Request& request) {
    const auto kept = store.load().value();
    const auto same = std::count_if(kept.begin(), kept.end(), [&](const Stamp& one) { return one.request == request; });
    EXPECT_EQ(same, 1);
  };
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_THAT(asked, SizeIs(3));
}

TEST_F(StampQueueTest, WhatCouldNotBeKeptIsNotSent) {
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  store.full = true;
  EXPECT_THAT(queue.work(), fails_with(ErrorCode::disk_full));
  EXPECT_THAT(asked, SizeIs(0));
  store.full = false;
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_EQ(queue.summary(subject).text(), "stamped 3 of 3");
}

TEST_F(StampQueueTest, AfterACrashTheSameRequestIsSent) {
  {
    StampQueue queue = open();
    EXPECT_THAT(queue.want(subject), is_ok());
    on_ask = [&](const Request&) { store.full = true; };  // the answer is lost
    EXPECT_THAT(queue.work(), fails_with(ErrorCode::disk_full));
  }
  on_ask = [](const Request&) {};
  store.full = false;
  StampQueue queue = open();
  EXPECT_EQ(queue.summary(subject).text(), "pending");
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_THAT(asked, ElementsAre("a", "a", "b", "c"));
  EXPECT_EQ(requests[0], requests[1]);
  EXPECT_EQ(queue.summary(subject).text(), "stamped 3 of 3");
  EXPECT_EQ(open().summary(subject).text(), "stamped 3 of 3") << "and after the next one";
}

TEST_F(StampQueueTest, PausesGrowWithChanceUpToABound) {
  authorities.resize(1);
  outcomes = {{"a", Unreachable{"down"}}};
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  std::set<std::int64_t> shares;
  for (const int full : {10, 20, 40, 80, 100, 100, 100}) {
    ASSERT_THAT(queue.work(), is_ok());
    const auto pause = *queue.next_at() - clock.now();
    EXPECT_LE(pause, seconds(full));
    EXPECT_GE(pause, seconds(full) / 2);
    shares.insert(pause.count() / full);
    clock.advance(pause - std::chrono::milliseconds(1));
    const std::size_t before = asked.size();
    ASSERT_THAT(queue.work(), is_ok());
    EXPECT_EQ(asked.size(), before) << "too early";
    clock.advance(std::chrono::milliseconds(1));
  }
  EXPECT_GE(shares.size(), 5U) << "by chance";
  for (const Request& request : requests)
    EXPECT_EQ(request, requests.front());
}

TEST_F(StampQueueTest, AnAuthoritysRetryAfterIsHeeded) {
  authorities.resize(1);
  outcomes = {{"a", Unreachable{"busy", seconds(3600)}}};
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  const auto pause = *queue.next_at() - clock.now();
  EXPECT_GE(pause, seconds(3600));
  EXPECT_LE(pause, seconds(3610));
}

TEST_F(StampQueueTest, AnAuthorityThatIsAwayIsAskedOnceNotForEachSubject) {
  authorities.resize(1);
  outcomes = {{"a", Unreachable{"down"}}};
  StampQueue queue = open();
  for (const char* text : {"1", "2", "3"})
    EXPECT_THAT(queue.want(sha256(text)), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_THAT(asked, SizeIs(1));
  EXPECT_GT(*queue.next_at(), clock.now());
  outcomes.clear();
  clock.advance(*queue.next_at() - clock.now());
  const auto round = queue.work();
  ASSERT_THAT(round, is_ok());
  EXPECT_THAT(round->stamped, SizeIs(3));
}

TEST_F(StampQueueTest, APauseFromBeforeAClockWasCorrectedHasEnded) {
  authorities.resize(1);
  outcomes = {{"a", Unreachable{"down"}}};
  StampQueue queue = open();
  EXPECT_THAT(queue.want(subject), is_ok());
  EXPECT_THAT(queue.work(), is_ok());
  clock.advance(-std::chrono::days(30));
  EXPECT_EQ(queue.next_at(), clock.now());
  outcomes.clear();
  EXPECT_THAT(queue.work(), is_ok());
  EXPECT_EQ(queue.summary(subject).text(), "stamped 1 of 1");
}

TEST_F(StampQueueTest, AuthoritiesHaveDifferentNames) {
  authorities.push_back(authorities.front());
  EXPECT_THAT(StampQueue::open({store, {}, clock, random}, authorities), fails_with(ErrorCode::usage, "\"a\""));
}

TEST(StampSummaryTest, SaysWhatIsNotIndependent) {
  EXPECT_EQ((StampSummary{.stamped = 1}).text(), "stamped 1 of 1, not independent");
  EXPECT_EQ((StampSummary{.stamped = 3, .independent = 2, .bad = 1}).text(),
            "stamped 3 of 4, 1 of them not independent");
  EXPECT_EQ((StampSummary{.bad = 2}).text(), "refused by all");
  EXPECT_EQ((StampSummary{.pending = 1, .bad = 2}).text(), "pending");
}

/// All of it at once, with the development authority in the place of the network.
TEST_F(StampQueueTest, WithARealAuthorityAndAClockThatIsThirtyDaysOff) {
  SystemRandom chance;
  const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  const auto certificates = certify_development_authority(key, clock.now(), chance).value();
  SimulatedClock theirs = clock;
  const auto development = DevelopmentAuthority::create(key, certificates, theirs, chance).value();
  class Direct final : public HttpClient {
   public:
    explicit Direct(const DevelopmentAuthority& authority) : authority_(authority) {}
    Result<HttpResponse> send(const HttpRequest& request) override {
      KIP_TRY(Bytes body, authority_.answer(request.body));
      return HttpResponse{200, {}, std::move(body)};
    }
    Result<HttpResponse> download(const HttpDownload&, BodySink&) override { return fail(ErrorCode::internal, ""); }

   private:
    const DevelopmentAuthority& authority_;
  } http(development);
  AuthorityClient client(http, clock);
  authorities = {{"dev", "http://dev", {.roots = parse_certificate_file(certificates.ca)->certificates}}};
  authorities[0].trust.policies = {std::string(kDevelopmentPolicy)};
  auto queue = StampQueue::open(
      {store, [&](const auto& authority, const auto& request) { return client.ask(authority, request); }, clock,
       random},
      authorities);
  EXPECT_THAT(queue->want(subject), is_ok());
  EXPECT_THAT(queue->work(), is_ok());
  EXPECT_EQ(queue->summary(subject).text(), "stamped 1 of 1, not independent");
  clock.advance(std::chrono::days(30));
  const Sha256Digest later = sha256("later");
  EXPECT_THAT(queue->want(later), is_ok());
  EXPECT_THAT(queue->work(), is_ok());
  EXPECT_EQ(queue->of(later)[0].refusal, Refusal::clock);
}

}  // namespace
}  // namespace kip::tsp
