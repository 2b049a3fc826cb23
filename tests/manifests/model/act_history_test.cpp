#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/act_history.hpp>
#include <manifests/model/obligation_clock.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::IsEmpty;

constexpr Trigger kSigned = Trigger::act_signed;

LegalDate day(const char* text) {
  return parse_date(text).value();
}

Instant at(int minute) {
  return parse_instant("2025-10-28T02:00:00Z").value() + std::chrono::minutes(minute);
}

Act act() {
  return {.key = ActKey::create("BTC", "99/2025/TT-BTC", 2025).value(),
          .signed_on = day("2025-10-27"),
          .effective_on = day("2026-01-01"),
          .sources = {{kSigned, "the document"}},
          .confidence = "press",
          .changes = {ActChange::report_form}};
}

ActHistory begun() {
  return ActHistory::begin(act(), "staff:an", at(0));
}

ActDevelopment end(ActTurn turn) {
  return {.turn = turn,
          .on = day("2025-10-30"),
          .source = "notice",
          .clock = ClockDecision::stops,
          .reason = "not in force",
          .by = "staff:an",
          .at = at(1)};
}

ActDevelopment corrigendum() {
  return {.turn = ActTurn::corrected,
          .on = day("2025-11-01"),
          .source = "corrigendum",
          .clock = ClockDecision::starts_anew,
          .from = day("2025-11-01"),
          .reason = "other forms",
          .by = "staff:an",
          .at = at(4)};
}

TEST(ActHistory, BeginsWithTheActsOwnDatesAndTheirSources) {
  const ActHistory history = begun();
  ASSERT_EQ(history.statements().size(), 2U);
  EXPECT_EQ(history.statements()[0].source, "the document");
  EXPECT_EQ(history.statements()[1].source, "press");
  EXPECT_FALSE(history.standing(kSigned).is_confirmed());
  EXPECT_FALSE(history.standing(kSigned).disputed);
}

TEST(ActHistory, ADateIsInForceOnceAnotherPersonHasConfirmedIt) {
  ActHistory history = begun();
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:an", at(1)}),
              fails_with(ErrorCode::denied, "another person"));
  EXPECT_FALSE(history.standing(kSigned).is_confirmed());
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(1)}), is_ok());
  EXPECT_EQ(history.standing(kSigned).in_force, day("2025-10-27"));
  EXPECT_FALSE(history.standing(Trigger::act_effective).is_confirmed());
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:chi", at(2)}), fails_with(ErrorCode::conflict));
}

TEST(ActHistory, ADayThatNobodyHasStatedCannotBeConfirmed) {
  ActHistory history = begun();
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-28"), "x", "staff:binh", at(1)}),
              fails_with(ErrorCode::not_found));
  EXPECT_THAT(history.confirm({Trigger::act_gazetted, day("2025-10-28"), "x", "staff:binh", at(1)}),
              fails_with(ErrorCode::not_found));
}

TEST(ActHistory, DisagreeingSourcesAreAllKeptAndADecisionNeedsItsReason) {
  ActHistory history = begun();
  ASSERT_THAT(history.state({kSigned, day("2025-11-27"), "a newspaper", "staff:binh", at(1)}), is_ok());
  EXPECT_TRUE(history.standing(kSigned).disputed);
  EXPECT_THAT(history.standing(kSigned).stated, ElementsAre(day("2025-10-27"), day("2025-11-27")));
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(2)}),
              fails_with(ErrorCode::usage, "reason"));
  EXPECT_THAT(history.confirm({kSigned, day("2025-11-27"), "x", "staff:binh", at(2)}), fails_with(ErrorCode::denied));
  EXPECT_THAT(history.confirm({kSigned, day("2025-10-27"), "the newspaper errs", "staff:binh", at(2)}), is_ok());
  EXPECT_FALSE(history.standing(kSigned).disputed);
  EXPECT_EQ(history.standing(kSigned).stated.size(), 2U);
}

TEST(ActHistory, ALaterStatementDisputesAConfirmedDayAndLeavesItInForce) {
  ActHistory history = begun();
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(0)}), is_ok());
  ASSERT_THAT(history.state({kSigned, day("2025-10-27"), "again", "staff:chi", at(0)}), is_ok());
  EXPECT_FALSE(history.standing(kSigned).disputed);
  ASSERT_THAT(history.state({kSigned, day("2025-10-29"), "gazette", "staff:chi", at(0)}), is_ok());
  EXPECT_TRUE(history.standing(kSigned).disputed);
  EXPECT_EQ(history.standing(kSigned).in_force, day("2025-10-27"));
  EXPECT_THAT(history.state({kSigned, day("2025-10-29"), "gazette", "staff:chi", at(0)}),
              fails_with(ErrorCode::conflict));
}

TEST(ActHistory, ADevelopmentCountsOnceAnotherPersonHasConfirmedIt) {
  ActHistory history = begun();
  ActDevelopment stop = end(ActTurn::suspended);
  ASSERT_THAT(history.develop(stop), is_ok());
  EXPECT_FALSE(clocks_of(act(), history, kSigned).back().stopped_on);
  EXPECT_THAT(history.confirm_development(1, "staff:an", at(2)), fails_with(ErrorCode::denied));
  EXPECT_THAT(history.confirm_development(2, "staff:binh", at(2)), fails_with(ErrorCode::not_found));
  ASSERT_THAT(history.confirm_development(1, "staff:binh", at(2)), is_ok());
  EXPECT_EQ(clocks_of(act(), history, kSigned).back().stopped_on, day("2025-10-30"));
  EXPECT_THAT(history.confirm_development(1, "staff:chi", at(3)), fails_with(ErrorCode::conflict));
  stop.from = day("2025-11-01");
  EXPECT_THAT(history.develop(stop), fails_with(ErrorCode::usage));
  stop.from.reset();
  stop.reason.clear();
  EXPECT_THAT(history.develop(stop), fails_with(ErrorCode::usage));
}

TEST(ActHistory, WhatIsResumedGoesOnWithTheSameClock) {
  for (const ActTurn ended : {ActTurn::suspended, ActTurn::withdrawn}) {
    ActHistory history = begun();
    ActDevelopment one = end(ended);
    ASSERT_THAT(history.develop(one), is_ok());
    ASSERT_THAT(history.confirm_development(1, "staff:binh", at(2)), is_ok());
    one.turn = ActTurn::resumed;
    one.clock = ClockDecision::goes_on;
    ASSERT_THAT(history.develop(one), is_ok());
    EXPECT_TRUE(clocks_of(act(), history, kSigned).back().stopped_on) << "nobody has confirmed it yet";
    ASSERT_THAT(history.confirm_development(2, "staff:binh", at(3)), is_ok());
    const auto clocks = clocks_of(act(), history, kSigned);
    ASSERT_EQ(clocks.size(), 1U);
    EXPECT_FALSE(clocks[0].stopped_on);
    EXPECT_FALSE(clocks[0].stopped_by);
    EXPECT_EQ(clocks[0].start, day("2025-10-27"));
  }
}

TEST(ActHistory, AnObligationArisesByEachClockThatStartedAnewAndByTheOneBefore) {
  ActHistory history = begun();
  EXPECT_THAT(days_of_rise(act(), history, kSigned), ElementsAre(day("2025-10-27")));
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(1)}), is_ok());
  ASSERT_THAT(history.state({kSigned, day("2025-10-29"), "gazette", "staff:chi", at(2)}), is_ok());
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-29"), "the gazette is right", "staff:binh", at(3)}), is_ok());
  EXPECT_THAT(days_of_rise(act(), history, kSigned), ElementsAre(day("2025-10-29"))) << "the other day was wrong";
  ASSERT_THAT(history.develop(corrigendum()), is_ok());
  ASSERT_THAT(history.confirm_development(1, "staff:binh", at(5)), is_ok());
  EXPECT_THAT(days_of_rise(act(), history, kSigned), ElementsAre(day("2025-10-29"), day("2025-11-01")));
  EXPECT_THAT(days_of_rise(act(), history, Trigger::act_gazetted), ElementsAre(day("2025-11-01")));
}

TEST(ActHistory, IsReadAsItWasWritten) {
  ActHistory history = begun();
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(1)}), is_ok());
  ASSERT_THAT(history.state({kSigned, day("2025-10-29"), "gazette", "staff:chi", at(2)}), is_ok());
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-29"), "the gazette is right", "staff:binh", at(3)}), is_ok());
  ASSERT_THAT(history.develop(corrigendum()), is_ok());
  ASSERT_THAT(history.confirm_development(1, "staff:binh", at(5)), is_ok());
  EXPECT_EQ(parse_act_history(json::to_compact(to_json(history))).value(), history);
}

TEST(ObligationClocks, ACorrectedDayAndANewClockLeaveTheEarlierOnesVisible) {
  ActHistory history = begun();
  auto clocks = clocks_of(act(), history, kSigned);
  ASSERT_EQ(clocks.size(), 1U);
  EXPECT_EQ(clocks[0].cause, ClockCause::stated);
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(1)}), is_ok());
  ASSERT_THAT(history.state({kSigned, day("2025-10-29"), "gazette", "staff:chi", at(2)}), is_ok());
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-29"), "the gazette is right", "staff:binh", at(3)}), is_ok());
  ASSERT_THAT(history.develop(corrigendum()), is_ok());
  ASSERT_THAT(history.confirm_development(1, "staff:binh", at(5)), is_ok());
  clocks = clocks_of(act(), history, kSigned);
  ASSERT_EQ(clocks.size(), 3U);
  EXPECT_EQ(clocks[0].cause, ClockCause::confirmed);
  EXPECT_EQ(clocks[1].cause, ClockCause::corrected);
  EXPECT_EQ(clocks[1].reason, "the gazette is right");
  EXPECT_EQ(clocks[2].cause, ClockCause::restarted);
  EXPECT_EQ(clocks[2].start, day("2025-11-01"));
}

TEST(ObligationClocks, WhereNobodyHasConfirmedADayTheEarliestCounts) {
  ActHistory history = begun();
  ASSERT_THAT(history.state({kSigned, day("2025-10-20"), "gazette", "staff:chi", at(2)}), is_ok());
  EXPECT_EQ(clocks_of(act(), history, kSigned).at(0).start, day("2025-10-20"));
  EXPECT_TRUE(clocks_of(act(), history, Trigger::act_gazetted).empty());
}

TEST(ObligationClocks, ACorrectionOfAStoppedClockLeavesItStopped) {
  ActHistory history = begun();
  ASSERT_THAT(history.develop({.turn = ActTurn::withdrawn,
                               .on = day("2025-10-30"),
                               .source = "notice",
                               .clock = ClockDecision::stops,
                               .reason = "withdrawn",
                               .by = "staff:an",
                               .at = at(1)}),
              is_ok());
  ASSERT_THAT(history.confirm_development(1, "staff:binh", at(1)), is_ok());
  ASSERT_THAT(history.confirm({kSigned, day("2025-10-27"), {}, "staff:binh", at(2)}), is_ok());
  const auto clocks = clocks_of(act(), history, kSigned);
  ASSERT_EQ(clocks.size(), 1U);
  EXPECT_EQ(clocks[0].cause, ClockCause::confirmed);
  EXPECT_EQ(clocks[0].stopped_by, ActTurn::withdrawn);
}

TEST(ActHistory, AStopCountsByItsDayInWhateverOrderItWasEntered) {
  const auto stopped = [](std::vector<std::pair<ActTurn, const char*>> turns) {
    ActHistory history = begun();
    std::size_t number = 0;
    for (const auto& [turn, on] : turns) {
      ActDevelopment one = end(turn);
      one.on = day(on);
      ++number;
      if (turn == ActTurn::resumed) one.clock = ClockDecision::goes_on;
      EXPECT_THAT(history.develop(one), is_ok());
      EXPECT_THAT(history.confirm_development(number, "staff:binh", at(static_cast<int>(number) + 1)), is_ok());
    }
    return clocks_of(act(), history, kSigned).back().stopped_on;
  };
  EXPECT_EQ(stopped({{ActTurn::suspended, "2025-11-25"}, {ActTurn::withdrawn, "2025-11-10"}}), day("2025-11-10"));
  EXPECT_EQ(stopped({{ActTurn::withdrawn, "2025-11-10"}, {ActTurn::suspended, "2025-11-25"}}), day("2025-11-10"));
  EXPECT_EQ(stopped({{ActTurn::resumed, "2025-11-15"}, {ActTurn::suspended, "2025-11-10"}}), std::nullopt);
  EXPECT_EQ(stopped({{ActTurn::resumed, "2025-11-15"}, {ActTurn::suspended, "2025-11-20"}}), day("2025-11-20"));
}

TEST(ActHistory, DaysThatAreRarelyMeantAreTold) {
  const auto codes = [](const ActHistory& history, const char* today) {
    std::vector<std::string> out;
    for (const Warning& warning : check_history(history, day(today)))
      out.push_back(warning.code);
    return out;
  };
  ActHistory history = begun();
  EXPECT_THAT(codes(history, "2025-10-27"), IsEmpty());
  EXPECT_THAT(codes(history, "2025-10-26"), ElementsAre("date-to-come")) << "signed tomorrow";
  ActDevelopment correction = corrigendum();
  ASSERT_THAT(history.develop(correction), is_ok());
  EXPECT_THAT(codes(history, "2025-11-01"), IsEmpty());
  EXPECT_THAT(codes(history, "2025-10-31"), ElementsAre("restart-to-come"));
  correction.from = day("2025-10-31");
  ASSERT_THAT(history.develop(correction), is_ok());
  EXPECT_THAT(codes(history, "2025-11-01"), ElementsAre("restart-before-turn"));
  history = begun();
  ASSERT_THAT(history.state({Trigger::act_effective, day("2025-10-26"), "press", "staff:chi", at(5)}), is_ok());
  ASSERT_THAT(history.develop(end(ActTurn::withdrawn)), is_ok());
  EXPECT_THAT(codes(history, "2025-10-29"), ElementsAre("effective-before-signed", "turn-to-come"));
}

}  // namespace
}  // namespace kip
