#include <gmock/gmock.h>

#include <server/domain/stamp_status.hpp>
#include <server/domain/stamping.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>

#include "../authority_http.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class StampingTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(world.logs.start(), is_ok()); }

  Stamper stamper(const std::vector<std::string>& names = {"A"}) {
    std::vector<tsp::Authority> authorities;
    for (const std::string& name : names)
      authorities.push_back(http.authority(name));
    const auto ask = [this](const tsp::Authority& authority, const tsp::Request& request) {
      return tsp::AuthorityClient(http, world.clock).ask(authority, request);
    };
    return Stamper({*world.store, world.recorder, world.board, world.logs, ask, world.clock, world.log},
                   std::move(authorities));
  }

  std::vector<Event> events(std::string_view type) {
    std::vector<Event> out;
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    for (const StoredEvent& stored : unit->events().after(0, 10'000).value()) {
      if (stored.type == type) out.push_back(parse_event(dsse::parse(stored.envelope).value().payload).value());
    }
    return out;
  }
  std::size_t tokens() { return events("timestamp.recorded").size(); }
  std::vector<tsp::Stamp> waiting() {
    return world.store->begin(world.tenant, Access::read).value()->stamps().all().value();
  }

  World world;
  AuthorityHttp http{world.clock, world.random};
};

TEST_F(StampingTest, AnActIsStampedAtOnceAndTheTokenStandsInO) {
  world.register_act_and_commitments();
  Stamper stamps = stamper({"A", "B"});
  ASSERT_THAT(stamps.turn(), is_ok());
  const auto recorded = events("timestamp.recorded");
  ASSERT_THAT(recorded, SizeIs(2));
  const TimestampRecorded body = read_timestamp_recorded(recorded[0].body).value();
  EXPECT_EQ(body.authority, "A");
  EXPECT_FALSE(body.independent) << "a development authority";
  const auto token = tsp::UnverifiedToken::parse(body.token).value();
  EXPECT_THAT(tsp::verify_token(token, {sha256(body.checkpoint).bytes()}, http.authority("A").trust), is_ok());
  // R's head is in the tree that was stamped.
  const auto checkpoint = tlog::Checkpoint::parse(body.checkpoint).value();
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  const Leaf last = unit->leaves().from(LogName::o, static_cast<std::int64_t>(checkpoint.head.size) - 1, 1)->at(0);
  EXPECT_EQ(unit->events().after(last.event_index - 1, 1)->at(0).type, "log.head-recorded");
  const auto head = read_head_recorded(events("log.head-recorded").at(0).body).value();
  EXPECT_GT(tlog::Checkpoint::parse(head.text)->head.size, 0U);
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(StampingTest, TokensAndHeadsAreNoReasonToStamp) {
  world.register_act_and_commitments();
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  for (int i = 0; i < 5; ++i) {
    world.clock.advance(std::chrono::minutes(10));
    ASSERT_THAT(world.logs.flush(), is_ok());
    ASSERT_THAT(stamps.turn(), is_ok());
  }
  EXPECT_EQ(tokens(), 1U);
  world.import_customer();  // stands in R alone
  world.clock.advance(std::chrono::minutes(10));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_EQ(tokens(), 1U);
  world.clock.advance(std::chrono::hours(24));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_EQ(tokens(), 2U) << "once a day in any case";
}

TEST_F(StampingTest, ManyThingsAtOnceAreOneStamp) {
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  world.register_act_and_commitments();
  world.clock.advance(std::chrono::seconds(5));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_EQ(tokens(), 1U);
  world.clock.advance(std::chrono::seconds(10));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_EQ(tokens(), 2U);
}

TEST_F(StampingTest, LimitsAreStampedBeforeAndAfter) {
  world.register_act_and_commitments();
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  const auto entries = world.board.judge_all(unit->projection(), world.clock.now(), Detail::tallies).value();
  const Instant due = entries.at(0).view.due->due;
  const auto go_to = [&](std::chrono::minutes offset) {
    world.clock.set(format_instant(due + offset));
    const std::size_t before = tokens();
    EXPECT_THAT(stamps.turn(), is_ok());
    return tokens() - before;
  };
  EXPECT_EQ(go_to(std::chrono::minutes(-90)), 1U) << "days later: the daily one";
  EXPECT_EQ(go_to(std::chrono::minutes(-61)), 0U);
  EXPECT_EQ(go_to(std::chrono::minutes(-60)), 1U);
  EXPECT_EQ(go_to(std::chrono::minutes(-6)), 0U);
  EXPECT_EQ(go_to(std::chrono::minutes(-5)), 1U);
  EXPECT_EQ(go_to(std::chrono::minutes(0)), 0U);
  EXPECT_EQ(go_to(std::chrono::minutes(1)), 1U);
  EXPECT_EQ(go_to(std::chrono::minutes(2)), 0U);
}

TEST_F(StampingTest, ALaterLifeOfTheLogIsStampedThoughItIsAsLongAsTheOneBefore) {
  world.register_act_and_commitments();
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  const std::size_t before = events("timestamp.recorded").size();
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  // Until it has just as many entries as were stamped last.
  const auto grow = [&] {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    const auto size = unit->leaves().size(LogName::o).value();
    if (size == unit->stamps().last_subject().value()->size) return false;
    EXPECT_LT(size, unit->stamps().last_subject().value()->size);
    EXPECT_THAT(
        world.recorder.record(*unit, event_type::kObligationOpened, kServerActor,
                              obligation_opened_body({size + 100, ActKey::parse("BTC:99/2025/TT-BTC:2025").value(),
                                                      CommitmentId::parse("forms-published-7d").value()})),
        is_ok());
    EXPECT_THAT(unit->commit(), is_ok());
    return true;
  };
  while (grow()) {
  }
  world.clock.advance(std::chrono::minutes(1));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_GT(events("timestamp.recorded").size(), before);
}

TEST_F(StampingTest, AnAuthorityThatIsAwayIsAskedAgainWithTheSameRequest) {
  http.status = 503;
  {
    Stamper stamps = stamper();
    ASSERT_THAT(stamps.turn(), is_ok());
    ASSERT_THAT(stamps.turn(), is_ok());
  }
  EXPECT_EQ(tokens(), 0U);
  EXPECT_THAT(http.asked, SizeIs(1)) << "not at once again";
  EXPECT_THAT(waiting(), SizeIs(1));
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("stamp.authority_silent")));
  http.status = 200;
  world.clock.advance(std::chrono::minutes(2));
  Stamper again = stamper();  // another process
  ASSERT_THAT(again.turn(), is_ok());
  EXPECT_EQ(tokens(), 1U);
  ASSERT_THAT(http.asked, SizeIs(2));
  EXPECT_EQ(http.asked[0], http.asked[1]);
}

TEST_F(StampingTest, ABadAnswerIsToldAndNotAskedForAgain) {
  http.garbage = true;
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("stamp.refused")));
  world.clock.advance(std::chrono::hours(2));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_THAT(http.asked, SizeIs(1));
  http.garbage = false;
  world.clock.advance(std::chrono::hours(24));
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_EQ(tokens(), 1U) << "the next checkpoint is another question";
}

TEST_F(StampingTest, ATokenThatCameBeforeAnInterruptionIsRecorded) {
  http.status = 503;
  Stamper stamps = stamper();
  ASSERT_THAT(stamps.turn(), is_ok());
  tsp::Stamp stamp = waiting().at(0);
  stamp.state = tsp::StampState::stamped;
  stamp.facts = tsp::StampFacts{"token", tsp::GenTime(), std::chrono::seconds(1), sha256("t"), world.clock.now(), true};
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(unit->stamps().put(stamp), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  ASSERT_THAT(stamper().turn(), is_ok());
  EXPECT_EQ(tokens(), 1U);
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("stamp.signer_expires")));
}

TEST_F(StampingTest, WhatIsWantedIsAskedForAlsoAfterAnInterruptionRightThen) {
  Stamper broken = stamper({"A", "A"});
  ASSERT_THAT(broken.turn(), fails_with(ErrorCode::usage, "two authorities are called"));
  EXPECT_THAT(http.asked, IsEmpty());
  ASSERT_THAT(stamper().turn(), is_ok());
  EXPECT_EQ(tokens(), 1U);
}

TEST_F(StampingTest, TheStateOfTheLastWantedCheckpointIsKnown) {
  const auto status = [this] { return stamp_status(*world.store->begin(world.tenant, Access::read).value()).value(); };
  EXPECT_FALSE(status().last.has_value());
  world.register_act_and_commitments();
  http.status = 503;
  Stamper stamps = stamper({"A", "B"});
  ASSERT_THAT(stamps.turn(), is_ok());
  StampStatus found = status();
  EXPECT_EQ(found.summary.text(), "pending");
  ASSERT_THAT(found.open, SizeIs(2));
  EXPECT_THAT(found.open[0].problem, HasSubstr("503"));
  EXPECT_THAT(found.newest, IsEmpty());
  http.status = 200;
  world.clock.advance(std::chrono::hours(2));
  ASSERT_THAT(stamps.turn(), is_ok());
  found = status();
  EXPECT_EQ(found.summary.text(), "stamped 2 of 2, not independent");
  EXPECT_THAT(found.open, IsEmpty());
  ASSERT_THAT(found.newest, SizeIs(2));
  EXPECT_EQ(found.newest[0].authority, "A");
  EXPECT_EQ(found.newest[0].covers, found.last->size);
  EXPECT_GT(found.entries, found.last->size) << "the tokens stand behind it";
}

TEST_F(StampingTest, WithoutAuthoritiesNothingIsRecorded) {
  Stamper stamps = stamper({});
  world.register_act_and_commitments();
  ASSERT_THAT(stamps.turn(), is_ok());
  EXPECT_THAT(world.event_types(), Each(Not(HasSubstr("log."))));
}

}  // namespace
}  // namespace kip::server::testing
