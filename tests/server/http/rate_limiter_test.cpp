// Who asks too often waits; nobody else does.

#include <gtest/gtest.h>

#include <server/http/rate_limiter.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using Kind = RateLimiter::Kind;
using std::chrono::seconds;

class Rates : public ::testing::Test {
 protected:
  static int taken(RateLimiter& limiter, Kind kind, std::string_view who, int tries) {
    int out = 0;
    for (int i = 0; i < tries; ++i)
      out += limiter.take(kind, who) ? 0 : 1;
    return out;
  }
  SetClock clock;
};

TEST_F(Rates, AMinutesWorthComesAtOnceAndThenAsTimePasses) {
  RateLimiter limiter(clock, {.install = 60});
  EXPECT_EQ(taken(limiter, Kind::install, "a", 100), 60);
  EXPECT_EQ(limiter.take(Kind::install, "a"), seconds(1));
  clock.advance(seconds(10));
  EXPECT_EQ(taken(limiter, Kind::install, "a", 100), 10);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(taken(limiter, Kind::install, "a", 100), 60) << "a full bucket does not grow";
}

TEST_F(Rates, SaysHowLongToWait) {
  RateLimiter limiter(clock, {.person = 2});
  EXPECT_EQ(taken(limiter, Kind::person, "an", 2), 2);
  EXPECT_EQ(limiter.take(Kind::person, "an"), seconds(30));
  clock.advance(seconds(29));
  EXPECT_EQ(limiter.take(Kind::person, "an"), seconds(1));
  clock.advance(seconds(1));
  EXPECT_EQ(limiter.take(Kind::person, "an"), std::nullopt);
}

TEST_F(Rates, EachCallerAndKindHasABucketOfItsOwn) {
  RateLimiter limiter(clock, {.install = 1, .person = 1, .address = 1, .reads = 0});
  for (const char* who : {"a", "b"}) {
    EXPECT_EQ(taken(limiter, Kind::install, who, 3), 1);
    EXPECT_EQ(taken(limiter, Kind::person, who, 3), 1);
    EXPECT_EQ(taken(limiter, Kind::address, who, 3), 1);
    EXPECT_EQ(taken(limiter, Kind::reads, who, 300), 300) << "0: as many as they like";
  }
}

TEST_F(Rates, OfAnIPv6AddressTheNetworkCounts) {
  RateLimiter limiter(clock, {.address = 1});
  EXPECT_EQ(taken(limiter, Kind::address, "2001:db8:1:2:a::1", 1), 1);
  EXPECT_EQ(taken(limiter, Kind::address, "2001:db8:1:2:ffff:1:2:3", 1), 0);
  EXPECT_EQ(taken(limiter, Kind::address, "2001:db8:1:3::1", 1), 1);
  EXPECT_EQ(taken(limiter, Kind::address, "192.0.2.1", 1), 1);
  EXPECT_EQ(taken(limiter, Kind::address, "192.0.2.2", 1), 1);
  EXPECT_EQ(taken(limiter, Kind::address, "::ffff:192.0.2.3", 1), 1);
  EXPECT_EQ(taken(limiter, Kind::address, "::ffff:192.0.2.4", 1), 1);
}

TEST_F(Rates, TooManyCallersShareABucketAndThoseWhoWereThereKeepTheirs) {
  RateLimiter limiter(clock, {.address = 2}, 100);
  EXPECT_EQ(taken(limiter, Kind::address, "early", 1), 1);
  int strangers = 0;
  for (int i = 0; i < 10'000; ++i)
    strangers += taken(limiter, Kind::address, "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), 1);
  EXPECT_EQ(strangers, 99 + 2);
  EXPECT_LE(limiter.size(), 101U);
  EXPECT_EQ(taken(limiter, Kind::address, "early", 5), 1);
  clock.advance(seconds(61));
  EXPECT_EQ(taken(limiter, Kind::address, "10.9.9.9", 1), 1) << "whose buckets are full again are forgotten";
  EXPECT_LE(limiter.size(), 3U);
}

TEST_F(Rates, AClockThatIsSetBackLocksNobodyOut) {
  RateLimiter limiter(clock, {.install = 60});
  EXPECT_EQ(taken(limiter, Kind::install, "a", 60), 60);
  clock.advance(-std::chrono::hours(48));
  EXPECT_EQ(taken(limiter, Kind::install, "a", 1), 0);
  clock.advance(seconds(1));
  EXPECT_EQ(taken(limiter, Kind::install, "a", 1), 1);
}

class LimitedServer : public ::testing::Test {
 protected:
  LimitedServer() { world.asked = &tight; }
  World world;
  RateLimiter limiter{world.clock, {.install = 2, .person = 2, .address = 2, .reads = 2}};
  Router tight{world.tenant, {world.gate, world.log, world.idempotency, limiter}, all_routes(world.services)};
};

TEST_F(LimitedServer, APersonIsLimitedWhateverTheToken) {
  const std::string other =
      world.access.create_token(kServerActor, PersonName::parse("an").value(), {.label = "second"}).value().token;
  EXPECT_EQ(world.staff("GET", "/v1/tenants/an-phat/me").status, 200);
  EXPECT_EQ(world.as(other, "GET", "/v1/tenants/an-phat/me").status, 200);
  const Response refused = world.staff("GET", "/v1/tenants/an-phat/me");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header(refused, "Retry-After"), "30");
  EXPECT_EQ(*parse_json(refused).find("code")->as_text(), "busy");
  const std::string binh = world.token_of("binh", every_role());
  EXPECT_EQ(world.as(binh, "GET", "/v1/tenants/an-phat/me").status, 200) << "others are served";
}

TEST_F(LimitedServer, WrongTokensAreCountedByAddressAndLockNoGoodOneOut) {
  for (const int status : {401, 401, 429, 429})
    EXPECT_EQ(world.as("kip_wrong", "GET", "/v1/tenants/an-phat/me").status, status);
  EXPECT_EQ(world.staff("GET", "/v1/tenants/an-phat/me").status, 200);
  EXPECT_EQ(world.call("POST", "/v1/tenants/an-phat/receipts", "{}").status, 429) << "no signature";
  EXPECT_EQ(world.call("POST", "/v1/tenants/an-phat/sessions", "{}").status, 429);
  EXPECT_EQ(world.call("GET", "/healthz").status, 200) << "files and health have a limit of their own";
}

TEST_F(LimitedServer, AnInstallIsLimitedAndAnotherIsNot) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const auto ask = [&](const TestInstall& install) {
    const std::string path = "/v1/tenants/an-phat/postponement";
    return world
        .call("GET", path, {},
              sign_request(install.id, install.key, "GET", path, "", world.clock.now(), world.random).value())
        .status;
  };
  const TestInstall first = world.enrol();
  const TestInstall second = world.enrol("PC-2");
  for (const int status : {200, 200, 429})
    EXPECT_EQ(ask(first), status);
  EXPECT_EQ(ask(second), 200);
  world.clock.advance(seconds(30));
  EXPECT_EQ(ask(first), 200);
}

TEST_F(LimitedServer, FilesAreLimitedByAddress) {
  for (const int status : {404, 404, 429})
    EXPECT_EQ(world.call("GET", "/t/an-phat/metadata/1.root.json").status, status);
}

}  // namespace
}  // namespace kip::server::testing
