#include <gtest/gtest.h>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

class DecisionsTest : public ::testing::Test {
 protected:
  DecisionsTest() {
    EXPECT_THAT(world.registry.register_acts("staff:an", {act("1/2025"), act("2/2025")}, false), is_ok());
  }

  static Act act(std::string_view number, const char* signed_on = "2025-10-27") {
    return {.key = ActKey::create("BTC", number, 2025).value(),
            .signed_on = parse_date(signed_on).value(),
            .effective_on = parse_date("2026-01-01").value(),
            .confidence = "press",
            .changes = {ActChange::report_form}};
  }

  DateStanding standing(std::string_view number, Trigger date = Trigger::act_signed) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().histories.find(act(number).key.str()).value().value().standing(date);
  }

  World world;
};

TEST_F(DecisionsTest, ASecondPersonsListConfirmsWhatAgreesAndDisputesTheRest) {
  const auto entry = world.decisions.compare("staff:binh", {act("1/2025"), act("2/2025", "2025-10-29")}).value();
  EXPECT_EQ(entry.confirmed, 3);
  ASSERT_EQ(entry.disputed.size(), 1U);
  EXPECT_EQ(entry.disputed[0].act.number(), "2/2025");
  EXPECT_TRUE(standing("1/2025").is_confirmed());
  EXPECT_TRUE(standing("1/2025", Trigger::act_effective).is_confirmed());
  EXPECT_FALSE(standing("2/2025").is_confirmed());
  EXPECT_TRUE(standing("2/2025").disputed);
  EXPECT_EQ(world.decisions.compare("staff:chi", {act("1/2025")}).value().confirmed_before, 2);
}

TEST_F(DecisionsTest, ADateThatNobodyHasStatedIsStatedAndNotDisputed) {
  Act with_gazette = act("1/2025");
  with_gazette.gazetted_on = parse_date("2025-11-05").value();
  const auto entry = world.decisions.compare("staff:binh", {with_gazette}).value();
  EXPECT_EQ(entry.stated, 1);
  EXPECT_TRUE(entry.disputed.empty());
  EXPECT_FALSE(standing("1/2025", Trigger::act_gazetted).is_confirmed());
  EXPECT_EQ(world.decisions.compare("staff:an", {with_gazette}).value().confirmed, 1);
}

TEST_F(DecisionsTest, TheSamePersonsListConfirmsNothing) {
  const auto entry = world.decisions.compare("staff:an", {act("1/2025")}).value();
  EXPECT_EQ(entry.confirmed, 0);
  EXPECT_EQ(entry.own, 2);
  EXPECT_FALSE(standing("1/2025").is_confirmed());
}

TEST_F(DecisionsTest, ADisputeIsNotEndedByAList) {
  ASSERT_THAT(world.decisions.compare("staff:binh", {act("1/2025", "2025-10-29")}), is_ok());
  const auto entry = world.decisions.compare("staff:chi", {act("1/2025")}).value();
  EXPECT_EQ(entry.disputed.size(), 1U) << "that day is stated by one more person; which one is right needs a reason";
  EXPECT_FALSE(standing("1/2025").is_confirmed());
}

TEST_F(DecisionsTest, AListWithAnUnknownActKeepsNothing) {
  EXPECT_THAT(world.decisions.compare("staff:binh", {act("1/2025"), act("7/2025")}),
              fails_with(ErrorCode::not_found, "BTC:7/2025:2025"));
  EXPECT_FALSE(standing("1/2025").is_confirmed());
}

TEST_F(DecisionsTest, WhatIsRefusedLeavesNoEvent) {
  const auto events = world.event_types();
  EXPECT_THAT(
      world.decisions.confirm_date("staff:an", {act("1/2025").key, {Trigger::act_signed, act("1/2025").signed_on}}),
      fails_with(ErrorCode::denied, "another person"));
  EXPECT_THAT(world.decisions.approve_waiver("staff:an", {9, 1}), fails_with(ErrorCode::not_found, "#9"));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(DecisionsTest, AnActIsKnownSinceItsRegistrationAtTheLatest) {
  Act later = act("3/2025");
  later.aware_on = parse_date("2025-10-29").value();
  EXPECT_THAT(world.registry.register_acts("staff:an", {later}, false), fails_with(ErrorCode::usage, "still to come"));
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  EXPECT_EQ(unit->projection().acts.find(act("1/2025").key.str()).value()->aware_on, parse_date("2025-10-28").value());
}

}  // namespace
}  // namespace kip::server::testing
