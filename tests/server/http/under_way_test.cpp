// What a request may still do that was under way while its person lost what let it in.

#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "../meanwhile_store.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

/// A body between whose halves something else happens.
class SlowBody final : public BodyReader {
 public:
  SlowBody(Bytes text, std::function<void()> meanwhile) : text_(std::move(text)), meanwhile_(std::move(meanwhile)) {}
  Result<void> read(std::uint64_t, const BodySink& sink) override {
    const std::size_t half = text_.size() / 2;
    KIP_TRY_VOID(sink(BytesView(text_).substr(0, half)));
    meanwhile_();
    return sink(BytesView(text_).substr(half));
  }

 private:
  Bytes text_;
  std::function<void()> meanwhile_;
};

class UnderWay : public ::testing::Test {
 protected:
  static std::string at(std::string_view route) { return "/v1/tenants/an-phat" + std::string(route); }

  Response ask(const std::string& token, std::string method, std::string_view route, Bytes body,
               std::function<void()> meanwhile) {
    SlowBody slow(std::move(body), std::move(meanwhile));
    Request request;
    request.method = std::move(method);
    request.target = at(route);
    request.headers.emplace("authorization", "Bearer " + token);
    request.body = &slow;
    return world.router.handle(request);
  }
  void remove(std::string_view person) {
    ASSERT_EQ(world.staff("POST", at(fmt::format("/people/{}/removal", person)), R"({"reason":"left"})").status, 200);
  }
  bool knows(std::string_view person) {
    return world.staff("GET", at(fmt::format("/people/{}", person))).status == 200;
  }

  World world;
  const std::string kNewPerson = R"({"name":"dung","roles":["administrator"]})";
};

TEST_F(UnderWay, WhoIsStillThereDoesIt) {
  const std::string binh = world.token_of("binh", {StaffRole::administrator});
  EXPECT_EQ(ask(binh, "POST", "/people", kNewPerson, [] {}).status, 201);
  EXPECT_TRUE(knows("dung"));
}

TEST_F(UnderWay, WhoWasRemovedDoesNothingMore) {
  const std::string binh = world.token_of("binh", {StaffRole::administrator});
  EXPECT_EQ(ask(binh, "POST", "/people", kNewPerson, [&] { remove("binh"); }).status, 403);
  EXPECT_FALSE(knows("dung"));
  EXPECT_EQ(world.event_types().back(), "person.removed");
}

TEST_F(UnderWay, NorDoesWhoLostTheRole) {
  const std::string binh = world.token_of("binh", {StaffRole::administrator, StaffRole::support});
  const Response answer = ask(binh, "POST", "/people", kNewPerson, [&] {
    ASSERT_EQ(world.staff("PUT", at("/people/binh"), R"({"roles":["support"]})").status, 200);
  });
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, ::testing::HasSubstr("administrator"));
  EXPECT_FALSE(knows("dung"));
}

TEST_F(UnderWay, NorWhoseTokenWasEnded) {
  const NewToken made = world.access.provide_token("server", "binh", {StaffRole::administrator}).value();
  const Response answer = ask(made.token, "POST", "/people", kNewPerson, [&] {
    ASSERT_THAT(world.access.revoke_token("staff:an", {}, made.record.id()), is_ok());
  });
  EXPECT_EQ(answer.status, 403);
  EXPECT_FALSE(knows("dung"));
}

TEST_F(UnderWay, NothingBecomesPublicByWhoWasRemoved) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const std::string binh = world.token_of("binh", {StaffRole::publisher});
  const Response answer =
      ask(binh, "POST", "/rollouts/forms/stop", R"({"reason":"a wrong form"})", [&] { remove("binh"); });
  EXPECT_EQ(answer.status, 403) << answer.body;
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  EXPECT_FALSE(unit->projection().rollouts.find(world.product).value()->rollout.paused);
}

TEST_F(UnderWay, OnesOwnResetEndsTheSessionByWhichItIsAsked) {
  const PersonName name = PersonName::parse("binh").value();
  const SecretBytes password(Bytes("a long pass phrase"));
  const NewInvitation invited = world.people.add("staff:an", {name, {StaffRole::administrator}}).value();
  ASSERT_THAT(world.sign_in.set_password("binh", SecretBytes(Bytes(invited.invitation)), password, ""), is_ok());
  const std::string session = world.sign_in.begin("binh", password, "").value().session;
  EXPECT_EQ(ask(session, "POST", "/people/binh/invitation", "{}", [] {}).status, 201);
  EXPECT_EQ(world.as(session, "GET", at("/me")).status, 401);
}

TEST_F(UnderWay, NobodySignsInByAPasswordThatWasTakenAwayMeanwhile) {
  const PersonName name = PersonName::parse("binh").value();
  const SecretBytes password(Bytes("a long pass phrase"));
  const NewInvitation invited = world.people.add("staff:an", {name, {StaffRole::support}}).value();
  ASSERT_THAT(world.sign_in.set_password("binh", SecretBytes(Bytes(invited.invitation)), password, ""), is_ok());
  MeanwhileStore store(world.store);
  SignIn sign_in({store, world.recorder, world.throttle, world.log}, std::chrono::hours(12));
  store.meanwhile = [&] { ASSERT_THAT(world.people.invite("staff:an", name), is_ok()); };
  EXPECT_THAT(sign_in.begin("binh", password, ""), fails_with(ErrorCode::denied));
}

}  // namespace
}  // namespace kip::server::testing
