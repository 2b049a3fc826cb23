// What holds of every route: pages, ETags, requests that are sent again.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/http/conditional.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

constexpr const char* kPeople = "/v1/tenants/an-phat/people";

std::vector<std::string> names(const json::Value& page) {
  std::vector<std::string> out;
  for (const json::Value& person : *page.find("people")->as_array())
    out.push_back(*person.find("name")->as_text());
  return out;
}

class Conventions : public ::testing::Test {
 protected:
  Response with(std::string method, const std::string& target, std::string body, Headers headers,
                std::string_view token = {}) {
    headers.emplace_back("authorization", "Bearer " + std::string(token.empty() ? world.token : token));
    return world.call(std::move(method), target, std::move(body), std::move(headers));
  }
  Response add(const std::string& name, const std::string& key, std::string_view token = {}) {
    return with("POST", kPeople, R"({"name":")" + name + R"(","roles":["auditor"]})", {{"idempotency-key", key}},
                token);
  }

  World world;
};

TEST_F(Conventions, AListIsReadPageByPage) {
  for (const char* name : {"binh", "chi", "dung", "em"})
    world.token_of(name, {StaffRole::auditor});
  std::vector<std::string> all;
  std::string query = "?limit=2";
  for (int pages = 1;; ++pages) {
    const json::Value page = world.staff_json("GET", kPeople + query);
    EXPECT_EQ(*page.find("total"), json::Value(5));
    for (const std::string& name : names(page))
      all.push_back(name);
    if (page.find("next") == nullptr) {
      EXPECT_EQ(pages, 3);
      break;
    }
    query = fmt::format("?limit=2&offset={}", *page.find("next")->as_integer());
  }
  EXPECT_EQ(all, (std::vector<std::string>{"an", "binh", "chi", "dung", "em"}));
  EXPECT_TRUE(names(world.staff_json("GET", kPeople + std::string("?offset=99"))).empty());
}

TEST_F(Conventions, APageIsBounded) {
  for (const char* query : {"?limit=0", "?limit=1001", "?limit=-1", "?limit=x", "?limit=", "?limit=1%20", "?offset=-1",
                            "?offset=1000000001", "?offset=99999999999999999999", "?colour=red"})
    EXPECT_EQ(world.staff("GET", kPeople + std::string(query)).status, 400) << query;
}

TEST_F(Conventions, WhatHasNotChangedIsNotSentAgain) {
  const Response first = world.staff("GET", kPeople);
  const std::string etag = header(first, "ETag");
  EXPECT_EQ(etag, body_etag(first.body));
  EXPECT_EQ(header(first, "Cache-Control"), "private, no-cache");
  const Response same = with("GET", kPeople, {}, {{"if-none-match", "\"x\", " + etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_EQ(header(same, "ETag"), etag);
  world.token_of("binh", {StaffRole::auditor});
  EXPECT_EQ(with("GET", kPeople, {}, {{"if-none-match", etag}}).status, 200);
  EXPECT_EQ(with("GET", kPeople, {}, {{"if-none-match", etag}}, "kip_wrong").status, 401);
}

TEST_F(Conventions, OnlyWhatWasReadIsReplaced) {
  world.token_of("binh", {StaffRole::auditor});
  const std::string path = kPeople + std::string("/binh");
  const std::string etag = header(world.staff("GET", path), "ETag");
  const auto put = [&](const char* role, const std::string& if_match) {
    return with("PUT", path, fmt::format(R"({{"roles":["{}"]}})", role), {{"if-match", if_match}}).status;
  };
  EXPECT_EQ(put("support", "W/" + etag), 412) << "a weak one never matches";
  EXPECT_EQ(put("support", "\"other\", " + etag), 200);
  EXPECT_EQ(put("publisher", etag), 412) << "changed meanwhile";
  EXPECT_EQ(put("publisher", "*"), 200);
  EXPECT_EQ(put("support", ""), 412) << "an empty list names nothing";
  EXPECT_EQ(world.staff("GET", kPeople + std::string("/nobody")).status, 404);
  EXPECT_EQ(world.staff("GET", kPeople + std::string("/nobody/tokens")).status, 404);
}

TEST_F(Conventions, WhatIsNoRouteIsLimitedToo) {
  RateLimiter limiter(world.clock, {.install = 0, .person = 0, .address = 3, .reads = 0});
  const Router tight(world.tenant, {world.gate, world.log, world.idempotency, limiter}, all_routes(world.services));
  http::Request request;
  request.method = "GET";
  request.target = "/nothing";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(tight.handle(request).status, 404);
  EXPECT_EQ(tight.handle(request).status, 429);
  EXPECT_EQ(tight.refuse_early(request, false)->status, 429) << "and before its body is read";
}

TEST_F(Conventions, WhatIsSentAgainIsDoneOnce) {
  const Response first = add("binh", "key-00000001");
  ASSERT_EQ(first.status, 201);
  const auto events = world.event_types().size();
  const Response again = add("binh", "key-00000001");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body) << "the same invitation";
  EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(world.event_types().size(), events);
  EXPECT_EQ(add("chi", "key-00000001").status, 422) << "another request";
  EXPECT_EQ(add("binh", "key-00000002").status, 409) << "another key: the name is taken";
  EXPECT_EQ(add("binh", "key-00000002").status, 409);
}

TEST_F(Conventions, AKeyIsOfOneCredential) {
  const std::string other = world.token_of("em", every_role());
  const std::string second =
      world.access.create_token(kServerActor, PersonName::parse("an").value(), {.label = "second"}).value().token;
  const Response first = add("binh", "key-00000001");
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(add("binh", "key-00000001", other).status, 409) << "not replayed: done, and the name is taken";
  EXPECT_EQ(add("binh", "key-00000001", second).status, 409) << "not replayed to another token of the same person";
  EXPECT_EQ(add("binh", "key-00000001", "kip_wrong").status, 401);
}

TEST_F(Conventions, AKeyIsReadStrictly) {
  for (const std::string& key : {std::string(), std::string("short"), std::string(129, 'a'), std::string("with blank"),
                                 std::string("\"quoted-key\""), std::string("comma,comma"), std::string("Kịp-kịp-kịp")})
    EXPECT_EQ(add("binh", key).status, 400) << key;
  EXPECT_EQ(add("binh", std::string(128, 'a')).status, 201);
}

TEST_F(Conventions, AFailureOfTheServerMayBeTriedAgain) {
  const auto handed = world.proposals.hand_in("staff:chi", {world.publication({"1.0"})}, "").value();
  const auto lock = world.repository->lock().value();
  const std::string path = "/v1/tenants/an-phat/proposals/" + handed.waits->id.str() + "/approval";
  const Headers key{{"idempotency-key", "key-00000001"}};
  EXPECT_EQ(with("POST", path, "{}", key).status, 503);
  EXPECT_EQ(header(with("POST", path, "{}", key), "Idempotency-Replayed"), "");
  EXPECT_EQ(world.idempotency.size(), 0U);
}

class Keys : public ::testing::Test {
 protected:
  static IdempotencyKeys::Claim claim(const std::string& owner, const std::string& key,
                                      std::string_view request = "r") {
    return {owner, key, sha256(request)};
  }
  static Response answer(std::string body) {
    Response out;
    out.body = std::move(body);
    return out;
  }
  bool is_new(IdempotencyKeys& keys, const IdempotencyKeys::Claim& claim) {
    const auto known = keys.begin(claim);
    if (!known) keys.keep(claim, answer("done"));
    return !known;
  }

  SetClock clock;
};

TEST_F(Keys, WhatIsBeingDoneIsNotBegunASecondTime) {
  IdempotencyKeys keys(clock);
  EXPECT_EQ(keys.begin(claim("an", "k")), std::nullopt);
  const auto meanwhile = keys.begin(claim("an", "k"));
  ASSERT_TRUE(meanwhile.has_value());
  EXPECT_EQ(meanwhile->status, 409);
  EXPECT_EQ(header(*meanwhile, "Retry-After"), "1");
  keys.forget(claim("an", "k"));
  EXPECT_EQ(keys.begin(claim("an", "k")), std::nullopt);
}

TEST_F(Keys, AreKeptForADay) {
  IdempotencyKeys keys(clock);
  EXPECT_TRUE(is_new(keys, claim("an", "k")));
  clock.advance(std::chrono::hours(24) - std::chrono::milliseconds(1));
  EXPECT_FALSE(is_new(keys, claim("an", "k")));
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(is_new(keys, claim("an", "k")));
  EXPECT_EQ(keys.size(), 1U);
}

TEST_F(Keys, AreBoundedInAllAndForEachCaller) {
  IdempotencyKeys keys(clock, {.keys = 10, .keys_of_one = 4});
  EXPECT_TRUE(is_new(keys, claim("binh", "k")));
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(is_new(keys, claim("an", std::to_string(i))));
  EXPECT_EQ(keys.size(), 5U);
  EXPECT_FALSE(is_new(keys, claim("binh", "k"))) << "one caller's many keys push nobody else's out";
  EXPECT_FALSE(is_new(keys, claim("an", "99")));
  EXPECT_TRUE(is_new(keys, claim("an", "95")));
  for (int i = 0; i < 100; ++i)
    is_new(keys, claim("person-" + std::to_string(i), "k"));
  EXPECT_EQ(keys.size(), 10U);
}

TEST_F(Keys, ManyThatAreBeingDoneAreABusyServer) {
  IdempotencyKeys keys(clock, {.keys = 2});
  EXPECT_EQ(keys.begin(claim("an", "1")), std::nullopt);
  EXPECT_EQ(keys.begin(claim("an", "2")), std::nullopt);
  EXPECT_EQ(keys.begin(claim("an", "3"))->status, 503);
}

TEST_F(Keys, OfLongAnswersLittleIsKept) {
  IdempotencyKeys keys(clock, {.answer_bytes = 100, .total_bytes = 250});
  keys.begin(claim("an", "long"));
  keys.keep(claim("an", "long"), answer(std::string(101, 'x')));
  EXPECT_EQ(keys.begin(claim("an", "long"))->status, 409);
  for (const char* key : {"1", "2", "3"}) {
    EXPECT_EQ(keys.begin(claim("an", key)), std::nullopt);
    keys.keep(claim("an", key), answer(std::string(100, 'x')));
  }
  EXPECT_EQ(keys.begin(claim("an", "3"))->body.size(), 100U);
  EXPECT_EQ(keys.begin(claim("an", "1")), std::nullopt) << "the oldest made room";
}

}  // namespace
}  // namespace kip::server::testing
