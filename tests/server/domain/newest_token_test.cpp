#include <gmock/gmock.h>

#include <server/domain/newest_token.hpp>
#include <server/domain/stamping.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>

#include "../authority_http.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

class NewestTokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(world.logs.start(), is_ok());
    world.register_act_and_commitments();
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    install.emplace(world.enrol());
  }

  void stamp() {
    world.clock.advance(std::chrono::hours(25));
    const auto ask = [this](const tsp::Authority& authority, const tsp::Request& request) {
      return tsp::AuthorityClient(http, world.clock).ask(authority, request);
    };
    Stamper stamper({*world.store, world.recorder, world.board, world.logs, ask, world.clock, world.log},
                    {http.authority("A")});
    ASSERT_THAT(stamper.turn(), is_ok());
  }
  void record_token(const Bytes& token) {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(world.recorder.record(*unit, event_type::kTimestampRecorded, kServerActor,
                                      timestamp_recorded_body({"x\n", "A", token, std::chrono::seconds(1), true})),
                is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  /// Of the tokens in O, in their order.
  std::vector<Sha256Digest> identities() {
    std::vector<Sha256Digest> out;
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    for (const StoredEvent& stored : unit->events().after(0, 10'000).value()) {
      if (stored.type != event_type::kTimestampRecorded) continue;
      const Event event = parse_event(dsse::parse(stored.envelope)->payload).value();
      const TimestampRecorded body = read_timestamp_recorded(event.body).value();
      const auto token = tsp::UnverifiedToken::parse(body.token).value();
      out.push_back(tsp::verify_token(token, {sha256(body.checkpoint).bytes()}, http.authority("A").trust)->identity());
    }
    return out;
  }
  /// As the server's word on a receipt names it.
  std::optional<Sha256Digest> basis() {
    const Receipt receipt = world.receipt(*install, ++reported, InstallState::installed, "1.0", before);
    const Bytes envelope = world.signed_receipt(*install, receipt);
    before = sha256(envelope);
    const auto taken = world.receipts.take(world.caller(*install), {envelope});
    EXPECT_THAT(taken, is_ok());
    return parse_acknowledgement(dsse::parse(*taken->acknowledgement)->payload)->basis;
  }

  World world;
  AuthorityHttp http{world.clock, world.random};
  std::optional<TestInstall> install;
  std::int64_t reported = 0;
  std::optional<Sha256Digest> before;
};

TEST_F(NewestTokenTest, AnAcknowledgementNamesTheNewestTimeStampInO) {
  EXPECT_EQ(basis(), std::nullopt);
  stamp();
  ASSERT_EQ(identities().size(), 1U);
  EXPECT_EQ(basis(), identities().back());
  EXPECT_EQ(basis(), identities().back()) << "nothing new is as it was";
  stamp();
  ASSERT_EQ(identities().size(), 2U);
  EXPECT_NE(identities()[0], identities()[1]);
  EXPECT_EQ(basis(), identities().back());
}

TEST_F(NewestTokenTest, WhatNobodyCanReadIsNoTimeStamp) {
  stamp();
  record_token("no token");
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  NewestToken newest;
  EXPECT_NE(newest.identity(*unit).value(), std::nullopt) << "the one before it";
}

TEST_F(NewestTokenTest, ALaterLifeOfTheLogIsLookedAtAnew) {
  NewestToken newest;
  stamp();
  EXPECT_NE(newest.identity(*world.store->begin(world.tenant, Access::read).value()).value(), std::nullopt);
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  EXPECT_EQ(newest.identity(*world.store->begin(world.tenant, Access::read).value()).value(), std::nullopt);
}

TEST_F(NewestTokenTest, TokensFarFromTheEndAreFound) {
  stamp();
  const Sha256Digest only = identities().back();
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  for (int i = 0; i < 450; ++i) {
    ASSERT_THAT(world.recorder.record(*unit, event_type::kTimestampRecorded, kServerActor,
                                      timestamp_recorded_body({"x\n", "A", "no token", std::chrono::seconds(1), true})),
                is_ok());
  }
  ASSERT_THAT(unit->commit(), is_ok());
  NewestToken newest;
  EXPECT_EQ(newest.identity(*world.store->begin(world.tenant, Access::read).value()).value(), only);
}

}  // namespace
}  // namespace kip::server::testing
