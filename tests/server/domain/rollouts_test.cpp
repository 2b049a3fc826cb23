#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/domain/projection.hpp>
#include <server/domain/rollout_forecast.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

#include "../world.hpp"

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TestInstall;
using testing::World;

constexpr std::chrono::hours kHour(1);

class RolloutsTest : public ::testing::Test {
 protected:
  explicit RolloutsTest(std::shared_ptr<Store> store = std::make_shared<MemoryStore>()) : world(std::move(store)) {}

  void SetUp() override {
    world.register_act_and_commitments();
    world.import_customer();
  }

  HandedIn hand_in(const std::string& by, const std::vector<std::string>& versions, std::vector<Rollout> asked = {}) {
    return world.proposals.hand_in(by, {world.publication(versions), std::move(asked)}, "new forms").value();
  }
  HandedIn ask(const std::string& by, const Rollout& rollout) {
    return world.proposals.hand_in(by, {{}, {rollout}}, "go on").value();
  }
  Rollout rollout(std::string_view version, std::int64_t percent) {
    return {.product = world.product, .version = Version::parse(version).value(), .percent = percent};
  }
  /// Both people together.
  void publish(const std::vector<std::string>& versions, std::vector<Rollout> asked = {}) {
    const HandedIn handed = hand_in("staff:an", versions, std::move(asked));
    if (!handed.waits) return;
    ASSERT_THAT(world.proposals.approve("staff:binh", handed.waits->id), is_ok());
  }
  Rollout now() {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().rollouts.find(world.product).value()->rollout;
  }
  std::string offered() { return world.repository->current().value().timestamp.value_or(""); }
  std::string state_of(std::string_view version) {
    for (const StandingRelease& one : world.proposals.releases().value()) {
      if (one.version.str() == version) return std::string(to_string(one.state));
    }
    return "none";
  }

  World world;
};

TEST_F(RolloutsTest, NothingBecomesPublicBeforeASecondPersonHasApprovedIt) {
  const HandedIn handed = hand_in("staff:an", {"1.0"});
  ASSERT_TRUE(handed.waits.has_value());
  EXPECT_FALSE(handed.published.has_value());
  EXPECT_EQ(offered(), "");
  EXPECT_EQ(state_of("1.0"), "signed");
  EXPECT_THAT(world.proposals.approve("staff:an", handed.waits->id), fails_with(ErrorCode::denied, "another person"));
  EXPECT_EQ(offered(), "");
  const auto published = world.proposals.approve("staff:binh", handed.waits->id);
  ASSERT_THAT(published, is_ok());
  EXPECT_THAT(published->releases, SizeIs(1));
  EXPECT_EQ(state_of("1.0"), "published");
  EXPECT_THAT(world.proposals.approve("staff:chi", handed.waits->id), fails_with(ErrorCode::conflict, "published"));
}

TEST_F(RolloutsTest, WhoApprovesAReleaseThatIsSignedAnewSeesWhatOpensAndWhatNarrows) {
  world.audiences["1.0"] = {Label::parse("pilot").value()};
  world.audiences["1.1"] = {Label::parse("gold").value(), Label::parse("pilot").value()};
  publish({"1.0", "1.1"});
  world.audiences["1.0"] = {};
  world.audiences["1.1"] = {Label::parse("gold").value(), Label::parse("school").value()};
  world.forces["1.1"] = {world.clock.now(), {}};
  const ProposalId id = hand_in("staff:an", {"1.0", "1.1", "1.2"}).waits->id;
  const auto diffs = world.proposals.show(id)->releases;
  ASSERT_THAT(diffs, SizeIs(3));
  EXPECT_THAT(diffs[0].lines, ElementsAre(HasSubstr("OPENS: it is for all installs; so far only for those labelled "
                                                    "pilot")));
  EXPECT_THAT(diffs[1].lines, ElementsAre(HasSubstr("OPENS: it is also for installs labelled school"),
                                          HasSubstr("NARROWS: it is no longer for installs labelled pilot"),
                                          HasSubstr("OPENS: by force from 2025-10-28T02:00:00Z on; so far from "
                                                    "never")));
  EXPECT_THAT(diffs[2].lines, IsEmpty()) << "it was not published before";
}

TEST_F(RolloutsTest, TheSameThatWaitsAlreadyIsNotMadeTwice) {
  const HandedIn first = hand_in("staff:an", {"1.0"});
  EXPECT_EQ(hand_in("staff:an", {"1.0"}).waits->id, first.waits->id);
  EXPECT_NE(hand_in("staff:chi", {"1.0"}).waits->id, first.waits->id);
}

TEST_F(RolloutsTest, WhoAsksAndWhoApprovesLearnsWhatElseWaitsForTheSameProduct) {
  const HandedIn first = hand_in("staff:an", {"1.0"});
  EXPECT_THAT(first.warnings, Not(Contains(HasSubstr("waits as well"))));
  const HandedIn second = hand_in("staff:chi", {"1.0"});
  EXPECT_THAT(second.warnings, Contains(HasSubstr(first.waits->id.str() + " of staff:an waits as well")));
  const auto warnings_of = [this](const HandedIn& one) { return world.proposals.show(one.waits->id)->warnings; };
  EXPECT_THAT(warnings_of(first), Contains(HasSubstr(second.waits->id.str() + " of staff:chi waits as well")));
  EXPECT_THAT(hand_in("staff:chi", {"1.0"}).warnings, Contains(HasSubstr("waits as well"))) << "asked once more";
  ASSERT_THAT(world.proposals.decline("staff:an", {first.waits->id, {}, "twice"}), is_ok());
  EXPECT_THAT(warnings_of(second), Not(Contains(HasSubstr("waits as well"))));
}

TEST_F(RolloutsTest, AProposalIsDeclinedByOthersAndWithdrawnByItsMaker) {
  const ProposalId own = hand_in("staff:an", {"1.0"}).waits->id;
  EXPECT_EQ(world.proposals.decline("staff:an", {own, {}, "wrong file"})->state, ProposalState::withdrawn);
  const ProposalId other = hand_in("staff:an", {"1.0"}).waits->id;
  const auto declined = world.proposals.decline("staff:binh", {other, {}, "wrong rate"});
  EXPECT_EQ(declined->state, ProposalState::declined);
  EXPECT_EQ(declined->decision_reason, "wrong rate");
  EXPECT_THAT(world.proposals.approve("staff:binh", other), fails_with(ErrorCode::conflict, "declined"));
  EXPECT_THAT(world.proposals.list(false).value(), IsEmpty());
  EXPECT_THAT(world.proposals.list(true).value(), SizeIs(2));
  EXPECT_EQ(offered(), "");
}

/// Calls somebody before each unit that writes.
class WatchedStore final : public Store {
 public:
  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override {
    if (access == Access::write && before_write) before_write();
    return store_.begin(tenant, access);
  }
  std::function<void()> before_write;

 private:
  MemoryStore store_;
};

class PublishingTest : public RolloutsTest {
 protected:
  PublishingTest() : RolloutsTest(std::make_shared<WatchedStore>()) {}
  WatchedStore& store() { return dynamic_cast<WatchedStore&>(*world.store); }
};

TEST_F(PublishingTest, WhoDeclinesMeanwhileIsToldThatItIsPublished) {
  publish({"1.0"}, {rollout("1.0", 1)});
  const ProposalId id = ask("staff:an", rollout("1.0", 2)).waits->id;
  std::atomic<bool> answered = false;
  Result<Proposal> declined = fail(ErrorCode::internal, "not asked");
  std::thread other;
  int units = 0;
  // The second one records what has become public; by then the approval is recorded.
  store().before_write = [&, approver = std::this_thread::get_id()] {
    if (std::this_thread::get_id() != approver || ++units != 2) return;
    other = std::thread([&] {
      declined = world.proposals.decline("staff:chi", {id, {}, "not yet"});
      answered = true;
    });
    // Long enough for somebody who does not wait for it.
    for (int i = 0; i < 20'000 && !answered; ++i)
      std::this_thread::yield();
  };
  EXPECT_THAT(world.proposals.approve("staff:binh", id), is_ok());
  other.join();
  EXPECT_THAT(declined, fails_with(ErrorCode::conflict, "published"));
  EXPECT_EQ(now().percent, 2);
}

TEST_F(RolloutsTest, WhatIsPublicIsNotDeclinedThoughACrashCameBeforeThatWasRecorded) {
  publish({"1.0"}, {rollout("1.0", 1)});
  const ProposalId id = ask("staff:an", rollout("1.0", 2)).waits->id;
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(world.recorder.record(*unit, event_type::kProposalDecided, "staff:binh",
                                      proposal_decided_body({id, ProposalState::approved, {}})),
                is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  ASSERT_THAT(world.publisher.publish("staff:binh", {{}, {rollout("1.0", 2)}}), is_ok());
  EXPECT_THAT(world.proposals.decline("staff:chi", {id, {}, "not yet"}), fails_with(ErrorCode::conflict, "published"));
  EXPECT_EQ(world.proposals.show(id)->proposal.state, ProposalState::published);
}

TEST_F(RolloutsTest, AStopWaitsForWhatIsBeingPublishedAndStopsThat) {
  publish({"1.0"}, {rollout("1.0", 90)});
  for (std::int64_t percent = 89; percent > 70; --percent) {
    std::thread other([&] { (void)world.proposals.hand_in("staff:an", {{}, {rollout("1.0", percent)}}, "less"); });
    const auto stopped = world.guard.stop("staff:chi", world.product, "wrong rate");
    other.join();
    EXPECT_THAT(stopped, is_ok());
    EXPECT_TRUE(now().paused);
    const HandedIn on = ask("staff:an", rollout("1.0", percent));
    ASSERT_THAT(world.proposals.approve("staff:binh", on.waits->id), is_ok());
  }
}

TEST(Proposals, AReleaseThatServesWhatNobodyHasRegisteredIsTold) {
  World world;
  const auto handed = world.proposals.hand_in("staff:an", {world.publication({"1.0"}), {}}, "new forms");
  ASSERT_THAT(handed, is_ok());
  EXPECT_THAT(handed->warnings, Contains(HasSubstr("which is not registered")));
  world.register_act_and_commitments();
  const auto again = world.proposals.hand_in("staff:chi", {world.publication({"1.0"}), {}}, "new forms");
  EXPECT_THAT(again->warnings, Not(Contains(HasSubstr("which is not registered"))));
}

TEST_F(RolloutsTest, APauseIsGivenItsReason) {
  publish({"1.0"}, {rollout("1.0", 10)});
  Rollout paused = rollout("1.0", 10);
  paused.paused = true;
  paused.reason.clear();
  EXPECT_THAT(world.proposals.hand_in("staff:an", {{}, {paused}}, "x"), fails_with(ErrorCode::usage, "reason"));
}

TEST_F(RolloutsTest, WhatIsWidenedWhileItIsPausedNeedsASecondPerson) {
  publish({"1.0"}, {rollout("1.0", 10)});
  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "wrong rate"), is_ok());
  Rollout wider = now();
  wider.percent = 100;
  EXPECT_TRUE(ask("staff:an", wider).waits.has_value());
  Rollout narrower = now();
  narrower.percent = 5;
  EXPECT_TRUE(ask("staff:an", narrower).published.has_value());
}

TEST_F(RolloutsTest, WhatChangesNothingForInstallsNeedsOnePerson) {
  publish({"1.0"});
  const HandedIn again = hand_in("staff:an", {"1.0"});
  EXPECT_FALSE(again.waits.has_value());
  EXPECT_THAT(again.published->releases, IsEmpty());
}

TEST_F(RolloutsTest, OnePersonStopsAndTwoResume) {
  publish({"1.0"});
  const auto stopped = world.guard.stop("staff:chi", world.product, "wrong rate in row 14");
  ASSERT_THAT(stopped, is_ok());
  EXPECT_TRUE(now().paused);
  EXPECT_EQ(now().reason, "wrong rate in row 14");
  EXPECT_THAT(world.guard.stop("staff:binh", world.product, "and in row 15"), is_ok());
  EXPECT_EQ(now().reason, "and in row 15");
  Rollout resumed = now();
  resumed.paused = false;
  resumed.reason.clear();
  const HandedIn handed = ask("staff:an", resumed);
  ASSERT_TRUE(handed.waits.has_value());
  EXPECT_TRUE(now().paused);
  EXPECT_THAT(world.proposals.approve("staff:an", handed.waits->id), fails_with(ErrorCode::denied));
  ASSERT_THAT(world.proposals.approve("staff:binh", handed.waits->id), is_ok());
  EXPECT_FALSE(now().paused);
}

TEST_F(RolloutsTest, WhoLooksAtAProposalIsToldThatItCannotBePublishedAnyMore) {
  publish({"1.0"}, {{world.product, Version::parse("1.0").value(), 10}});
  Rollout asked = now();
  asked.percent = 50;
  const ProposalId id = ask("staff:an", asked).waits->id;
  EXPECT_THAT(world.proposals.show(id)->warnings, IsEmpty());
  asked.percent = 5;
  ask("staff:binh", asked);
  EXPECT_THAT(world.proposals.show(id)->warnings, ElementsAre(HasSubstr("not what it was when this was asked for")));
}

TEST_F(RolloutsTest, AStopIsNotUndoneByWhatWasAskedForBeforeIt) {
  publish({"1.0"}, {{world.product, Version::parse("1.0").value(), 10}});
  const HandedIn wider = ask("staff:an", {world.product, Version::parse("1.0").value(), 50});
  ASSERT_TRUE(wider.waits.has_value());
  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "stop"), is_ok());
  EXPECT_THAT(world.proposals.approve("staff:binh", wider.waits->id),
              fails_with(ErrorCode::conflict, "not what it was"));
  EXPECT_TRUE(now().paused);
  EXPECT_EQ(world.proposals.list(false)->front().state, ProposalState::waiting);
}

TEST_F(RolloutsTest, AStopIsNotUndoneByAResumeThatWasAskedForBeforeIt) {
  publish({"1.0"});
  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "stop"), is_ok());
  Rollout resumed = now();
  resumed.paused = false;
  const HandedIn handed = ask("staff:an", resumed);
  ASSERT_THAT(world.guard.stop("staff:dung", world.product, "it is worse"), is_ok());
  EXPECT_THAT(world.proposals.approve("staff:binh", handed.waits->id),
              fails_with(ErrorCode::conflict, "not what it was"));
  EXPECT_TRUE(now().paused);
}

TEST_F(RolloutsTest, WhatOfficersMeantForSomeIsNoBase) {
  const auto version = [](const char* text) { return Version::parse(text).value(); };
  world.audiences["1.1"] = {Label::parse("pilot").value()};
  publish({"1.0"});
  publish({"1.0", "1.1"});
  EXPECT_EQ(now().base, version("1.0"));
  publish({"1.0", "1.1", "1.2"}, {{world.product, version("1.2"), 10}});
  EXPECT_EQ(now().base, version("1.0"));
  Rollout asked = now();
  for (const auto& [base, why] : {std::pair("1.1", "pilot"), std::pair("1.2", "not before")}) {
    asked.base = version(base);
    EXPECT_THAT(world.proposals.hand_in("staff:an", {{}, {asked}}, ""), fails_with(ErrorCode::usage, why));
  }
}

TEST_F(RolloutsTest, NarrowingIsDoneAtOnce) {
  publish({"1.0"}, {{world.product, Version::parse("1.0").value(), 50}});
  const HandedIn narrower = ask("staff:an", {world.product, Version::parse("1.0").value(), 10});
  EXPECT_TRUE(narrower.published.has_value());
  EXPECT_EQ(now().percent, 10);
}

TEST_F(RolloutsTest, ANewVersionHasTheOneBeforeAsItsBaseOnceThatIsOpenToAll) {
  const auto version = [](const char* text) { return Version::parse(text).value(); };
  publish({"1.0"});
  EXPECT_EQ(now().base, std::nullopt);
  publish({"1.0", "1.1"}, {{world.product, version("1.1"), 10}});
  EXPECT_EQ(now().base, version("1.0"));
  publish({"1.0", "1.1", "1.2"}, {{world.product, version("1.2"), 10}});
  EXPECT_EQ(now().base, version("1.0"));
  publish({"1.0", "1.1", "1.2"}, {{world.product, version("1.2"), 100}});
  publish({"1.0", "1.1", "1.2", "1.3"});
  EXPECT_EQ(now().base, version("1.2"));
  EXPECT_EQ(state_of("1.2"), "superseded");
}

TEST_F(RolloutsTest, APersonWhoSucceedsTheMakerIsNotASecondOne) {
  const std::string an = world.token_of("dung", {StaffRole::publisher});
  const HandedIn handed = hand_in("staff:dung", {"1.0"});
  ASSERT_THAT(world.people.add("staff:an", {PersonName::parse("giang").value(), {StaffRole::approver}}), is_ok());
  ASSERT_THAT(
      world.people.remove("staff:an", PersonName::parse("dung").value(), "left", PersonName::parse("giang").value()),
      is_ok());
  EXPECT_THAT(world.proposals.approve("staff:giang", handed.waits->id), fails_with(ErrorCode::denied));
  EXPECT_THAT(world.proposals.approve("staff:binh", handed.waits->id), is_ok());
}

TEST_F(RolloutsTest, ForcedTimesStayWithinWhatOfficersAllow) {
  publish({"1.0"});
  Rollout forced = now();
  forced.force_after = world.clock.now() + kHour;
  EXPECT_THAT(world.proposals.hand_in("staff:an", {{}, {forced}}, ""), fails_with(ErrorCode::usage, "--force-after"));
}

/// Tied to the limit of "forms-installed-7d", for a circular of 27 October: the end of 3 November in Hanoi.
class TiedRolloutTest : public RolloutsTest {
 protected:
  static constexpr Instant kDue = std::chrono::sys_days{std::chrono::year(2025) / 11 / 3} + 17 * kHour;

  void SetUp() override {
    RolloutsTest::SetUp();
    world.forces["1.0"] = {kDue - 5 * 24 * kHour, kDue + 24 * kHour};
  }
  Rollout tied(std::int64_t hours) {
    Rollout out{world.product, Version::parse("1.0").value()};
    out.force_before_due_hours = hours;
    return out;
  }
  /// So that nothing has to be installed any more.
  void waive_all() {
    for (const std::int64_t number : {1, 2}) {
      ASSERT_THAT(world.decisions.request_waiver("staff:an", {number, {"not used", kDue + 9000 * kHour}}), is_ok());
      ASSERT_THAT(world.decisions.approve_waiver("staff:binh", {number, 1}), is_ok());
    }
  }
  /// Another day than the one that was confirmed, by two people.
  void correct_to(LegalDate day) {
    const ActKey act = ActKey::parse("BTC:99/2025/TT-BTC:2025").value();
    ASSERT_THAT(world.decisions.state_date("staff:an", {act, {Trigger::act_signed, day, "gazette"}}), is_ok());
    ASSERT_THAT(world.decisions.confirm_date("staff:binh", {act, {Trigger::act_signed, day, "misprint"}}), is_ok());
  }
};

TEST_F(TiedRolloutTest, ForcesThatLongBeforeTheLimitAndTheApproverSeesWhen) {
  const HandedIn handed = hand_in("staff:an", {"1.0"}, {tied(48)});
  EXPECT_EQ(handed.waits->rollouts.front().force_after, kDue - 48 * kHour);
  ASSERT_THAT(world.proposals.approve("staff:binh", handed.waits->id), is_ok());
  EXPECT_EQ(now().force_after, kDue - 48 * kHour);
  EXPECT_EQ(now().force_before_due_hours, 48);
}

TEST_F(TiedRolloutTest, StaysWithinWhatOfficersAllow) {
  publish({"1.0"}, {tied(720)});
  EXPECT_EQ(now().force_after, kDue - 5 * 24 * kHour);
  correct_to(std::chrono::year(2025) / 11 / 27);
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_EQ(now().force_after, kDue + 24 * kHour);
}

TEST_F(TiedRolloutTest, WhatOfficersTermsMakeImpossibleIsWarnedOfWhereverItIsShown) {
  const HandedIn possible = hand_in("staff:an", {"1.0"}, {tied(48)});
  EXPECT_THAT(possible.warnings, IsEmpty());
  ASSERT_THAT(world.proposals.decline("staff:an", {possible.waits->id, {}, "sooner"}), is_ok());
  const HandedIn handed = hand_in("staff:an", {"1.0"}, {tied(720)});
  EXPECT_THAT(handed.warnings, ElementsAre(AllOf(HasSubstr("cannot be forced 720 h before its limit"),
                                                 HasSubstr("from 2025-10-29T17:00:00Z on only, which is later"))));
  EXPECT_EQ(world.proposals.show(handed.waits->id)->warnings, handed.warnings);
  EXPECT_EQ(world.proposals.approve("staff:binh", handed.waits->id)->warnings, handed.warnings);
  EXPECT_EQ(world.rollouts.list()->front().warnings, handed.warnings);
  EXPECT_EQ(world.rollouts.forecast(world.product)->standing.warnings, handed.warnings);
  correct_to(std::chrono::year(2025) / 10 / 21);
  EXPECT_THAT(world.rollouts.list()->front().warnings, ElementsAre(HasSubstr("not before the limit at all")));
  correct_to(std::chrono::year(2025) / 12 / 31);
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_THAT(world.rollouts.list()->front().warnings, ElementsAre(HasSubstr("but sooner")));
}

TEST_F(TiedRolloutTest, FollowsTheLimitByItselfInBothDirections) {
  publish({"1.0"}, {tied(48)});
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_THAT(world.log.lines(), Not(Contains(HasSubstr("rollout.force_moved"))));
  correct_to(std::chrono::year(2025) / 10 / 28);
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_EQ(now().force_after, kDue - 24 * kHour);
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("rollout.force_moved")));
  correct_to(std::chrono::year(2025) / 10 / 24);
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_EQ(now().force_after, kDue - (72 + 48) * kHour);
}

TEST_F(TiedRolloutTest, NeedsATermOfForceAndAnOpenLimit) {
  publish({"1.0"});
  world.forces["1.1"] = {};
  publish({"1.0", "1.1"});
  Rollout without_terms = tied(48);
  without_terms.version = Version::parse("1.1").value();
  EXPECT_THAT(world.proposals.hand_in("staff:an", {{}, {without_terms}}, ""),
              fails_with(ErrorCode::usage, "officers let nothing"));
  waive_all();
  EXPECT_THAT(world.proposals.hand_in("staff:an", {{}, {tied(48)}}, ""), fails_with(ErrorCode::usage, "--force-after"));
}

TEST_F(TiedRolloutTest, IsStoppedWhateverBecomesOfTheLimit) {
  publish({"1.0"}, {tied(48)});
  waive_all();
  ASSERT_THAT(world.guard.turn(), is_ok());
  EXPECT_EQ(now().force_after, kDue - 48 * kHour);
  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "wrong form"), is_ok());
  EXPECT_TRUE(now().paused);
}

// --- The guard ---------------------------------------------------------------------------------------------------

ProgressRecord progress(InstallState state, Instant at, std::optional<Instant> failed = {}) {
  return {ProductId::parse("forms").value(),
          Version::parse("1.0").value(),
          InstallId::parse("01JD0000000000000000000001").value(),
          state,
          at,
          failed};
}

TEST(RolloutOutcomes, CountWhatCameSinceTheRolloutBegan) {
  const Instant start = parse_instant("2026-03-02T00:00:00Z").value();
  const Instant now = start + 72 * kHour;
  const GuardPolicy policy;
  const std::vector<ProgressRecord> all = {
      progress(InstallState::installed, start),
      progress(InstallState::installed_with_exceptions, start + kHour),
      progress(InstallState::installed, start - kHour),
      progress(InstallState::failed, start + kHour, start + kHour),
      progress(InstallState::downloaded, now, start + kHour),  // tries again
      progress(InstallState::failed, start - kHour, start - kHour),
      progress(InstallState::applying, now - 4 * kHour),
      progress(InstallState::applying, now - 4 * kHour + std::chrono::milliseconds(1)),
      progress(InstallState::verified, now - 48 * kHour),
      progress(InstallState::waiting_window, start + kHour),
  };
  const Outcomes outcomes = count_outcomes(all, start, policy, now);
  EXPECT_EQ(outcomes, (Outcomes{.done = 2, .failed = 2, .timed_out = 2, .under_way = 1, .waiting = 1}));
}

TEST(RolloutOutcomes, PauseAtTheShareAndNotBeforeTheMinimum) {
  const GuardPolicy policy{.pause_percent = 5, .minimum = 20};
  EXPECT_FALSE(has_to_pause({.done = 18, .failed = 1}, policy));
  EXPECT_TRUE(has_to_pause({.done = 19, .failed = 1}, policy));
  EXPECT_TRUE(has_to_pause({.done = 19, .timed_out = 1}, policy));
  EXPECT_FALSE(has_to_pause({.done = 20, .failed = 1}, policy));
  EXPECT_FALSE(has_to_pause({.done = 100}, policy));
  EXPECT_TRUE(has_to_pause({.failed = 20}, policy));
}

/// Installs that look at the rollout as an updater does, and say what came of it.
class Fleet {
 public:
  /// So many, at customers of so many seats each.
  Fleet(World& world, std::size_t size, std::size_t seats) : world_(world) {
    for (std::size_t first = 0; first < size; first += seats) {
      Customer customer = world.customer("");
      if (first > 0) customer.tax_code = TaxCode::parse("K" + std::to_string(1'000'000 + first)).value();
      customer.seats = static_cast<int>(seats);
      EXPECT_THAT(world.registry.import_customers("staff:an", {customer}, false), is_ok());
      const auto codes = world.enrolment.create_codes(
          "staff:an", {customer.tax_code, world.product, static_cast<std::int64_t>(seats), "desk"},
          world.publisher.first_root().value());
      for (const EnrolmentCode& code : codes.value().codes)
        installs_.push_back(world.enrol_by(code, "PC-" + std::to_string(installs_.size())));
    }
  }
  Fleet(World& world, std::size_t size) : Fleet(world, size, size) {}

  /// Each that is offered the version takes it. Of a hundred so many fail.
  std::size_t check(const Rollout& rollout, std::size_t fail_of_hundred) {
    const Sha256Digest manifest = sha256("manifest " + rollout.version.str());
    const Labels everyone;
    std::size_t took = 0;
    for (std::size_t i = 0; i < installs_.size(); ++i) {
      if (settled_.contains(i)) continue;
      const Reached reached = reach_of(rollout, {manifest, everyone}, installs_[i].id, {}, world_.clock.now(), sha256);
      if (reached.reach != Reach::reached) continue;
      ++took;
      const bool fails = i % 100 < fail_of_hundred;
      report(i, fails ? InstallState::rolled_back : InstallState::installed, rollout.version);
      settled_.insert(i);
    }
    return took;
  }

  void report(std::size_t i, InstallState state, const Version& version) {
    const TestInstall& install = installs_[i];
    const Receipt receipt = world_.receipt(install, ++sequences_[i], state, version.str(), previous_[i]);
    const Bytes envelope = world_.signed_receipt(install, receipt);
    previous_[i] = sha256(envelope);
    ASSERT_THAT(world_.receipts.take(world_.caller(install), {envelope}), is_ok());
  }

  void forget_failures() { settled_.clear(); }

 private:
  World& world_;
  std::vector<TestInstall> installs_;
  std::set<std::size_t> settled_;
  std::map<std::size_t, std::int64_t> sequences_;
  std::map<std::size_t, std::optional<Sha256Digest>> previous_;
};

TEST_F(RolloutsTest, EightOfAHundredFailingPausesEarlyAndGoesOnOnlyByTwoPeople) {
  publish({"1.0"}, {{world.product, Version::parse("1.0").value(), 10}});
  Fleet fleet(world, 300);
  const std::size_t first = fleet.check(now(), 8);
  EXPECT_GT(first, 15U);
  EXPECT_LT(first, 60U);
  const auto paused = world.guard.turn();
  ASSERT_THAT(paused, is_ok());
  EXPECT_THAT(*paused, ElementsAre(world.product));
  EXPECT_THAT(now().reason, HasSubstr("the limit is 5 %"));
  EXPECT_EQ(fleet.check(now(), 8), 0U);
  EXPECT_THAT(world.guard.turn().value(), IsEmpty());

  Rollout resumed = now();
  resumed.paused = false;
  resumed.reason.clear();
  resumed.percent = 100;
  const HandedIn handed = ask("staff:an", resumed);
  world.clock.advance(kHour);
  ASSERT_THAT(world.proposals.approve("staff:binh", handed.waits->id), is_ok());
  EXPECT_THAT(world.guard.turn().value(), IsEmpty()) << "what failed before it was resumed counts no more";
  EXPECT_EQ(fleet.check(now(), 0), 300 - first);
  EXPECT_THAT(world.guard.turn().value(), IsEmpty());
  const auto standing = world.rollouts.list().value();
  EXPECT_EQ(standing.front().installs, 300);
  EXPECT_GE(standing.front().outcomes.done, static_cast<std::int64_t>(300 - first));
}

struct StoreInFolder {
  kip::testing::TemporaryDirectory folder;
  std::shared_ptr<Store> store = SqliteStore::open(folder.path() / "kip.db").value();
};

/// With a database, since the store in memory copies itself for each writer.
class LargeRolloutTest : private StoreInFolder, public RolloutsTest {
 protected:
  LargeRolloutTest() : RolloutsTest(store) {}

  /// As it is now, but going on to that share; asked for by one person.
  HandedIn ask_to_resume(const std::string& by, int percent) {
    Rollout resumed = now();
    resumed.paused = false;
    resumed.reason.clear();
    resumed.percent = percent;
    return ask(by, resumed);
  }
};

TEST_F(LargeRolloutTest, OfAThousandInstallsEightOfAHundredFailingPauseItAndTwoPeopleResumeIt) {
  publish({"1.0"}, {{world.product, Version::parse("1.0").value(), 10}});
  Fleet fleet(world, 1000, 20);
  const std::size_t first = fleet.check(now(), 8);
  EXPECT_GT(first, 60U);
  EXPECT_LT(first, 140U);
  EXPECT_THAT(world.guard.turn().value(), ElementsAre(world.product)) << "before most have it";
  EXPECT_THAT(now().reason, HasSubstr("the limit is 5 %"));
  EXPECT_EQ(fleet.check(now(), 8), 0U);

  world.clock.advance(kHour);
  const HandedIn half = ask_to_resume("staff:an", 50);
  EXPECT_THAT(world.proposals.approve("staff:an", half.waits->id), fails_with(ErrorCode::denied, "another person"));
  EXPECT_EQ(fleet.check(now(), 8), 0U) << "one person resumes nothing";
  ASSERT_THAT(world.proposals.approve("staff:binh", half.waits->id), is_ok());
  const std::size_t second = fleet.check(now(), 0);
  EXPECT_GT(second, 300U);
  EXPECT_THAT(world.guard.turn().value(), IsEmpty()) << "what failed before it was resumed counts no more";

  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "wrong rate in row 14"), is_ok());
  EXPECT_EQ(fleet.check(now(), 0), 0U) << "one person stops it";
  const HandedIn all = ask_to_resume("staff:chi", 100);
  ASSERT_THAT(world.proposals.approve("staff:binh", all.waits->id), is_ok());
  EXPECT_EQ(fleet.check(now(), 0), 1000 - first - second);
  EXPECT_THAT(world.guard.turn().value(), IsEmpty());
  EXPECT_EQ(world.rollouts.list().value().front().installs, 1000);
}

TEST_F(RolloutsTest, AFailureThatWasOvercomeSpeaksAgainstNothing) {
  publish({"1.0"});
  Fleet fleet(world, 20);
  for (std::size_t i = 0; i < 20; ++i) {
    fleet.report(i, InstallState::failed, now().version);
    fleet.report(i, InstallState::installed, now().version);
  }
  EXPECT_THAT(world.guard.turn().value(), IsEmpty());
}

TEST_F(RolloutsTest, InstallsThatGetStuckPauseIt) {
  publish({"1.0"});
  Fleet fleet(world, 20);
  for (std::size_t i = 0; i < 20; ++i)
    fleet.report(i, InstallState::applying, now().version);
  EXPECT_THAT(world.guard.turn().value(), IsEmpty());
  world.clock.advance(4 * kHour);
  EXPECT_THAT(world.guard.turn().value(), ElementsAre(world.product));
}

// --- The forecast ------------------------------------------------------------------------------------------------

TEST_F(RolloutsTest, TheForecastNamesWhoWillMissTheLimitAndWhy) {
  const Version version = Version::parse("1.0").value();
  Rollout slow{world.product, version, 0};
  slow.ramp = {{world.clock.now() + 24 * 30 * kHour, 100}};
  publish({"1.0"}, {slow});
  Fleet fleet(world, 3);
  fleet.report(0, InstallState::installed, version);
  fleet.report(1, InstallState::failed, version);
  const auto forecast = world.rollouts.forecast(world.product);
  ASSERT_THAT(forecast, is_ok());
  ASSERT_TRUE(forecast->due.has_value());
  EXPECT_EQ(forecast->standing.installs, 3);
  EXPECT_EQ(forecast->standing.have_it, 1);
  EXPECT_EQ(forecast->will_have_it, 1);
  ASSERT_THAT(forecast->customers, SizeIs(1));
  EXPECT_EQ(forecast->customers[0].tax_code.str(), "0101243150");
  EXPECT_EQ(forecast->customers[0].why(), Missing::failing);
  ASSERT_THAT(forecast->customers[0].missing, SizeIs(2));
  EXPECT_EQ(forecast->customers[0].missing[1].why, Missing::not_reached);
  world.clock.advance(24 * 8 * kHour);
  EXPECT_EQ(world.rollouts.forecast(world.product)->customers[0].missing[1].why, Missing::silent);
}

TEST_F(RolloutsTest, InstallsThatAreHeldStandBesideTheTotals) {
  publish({"1.0"});
  Fleet fleet(world, 2);
  fleet.report(0, InstallState::installed, now().version);
  const EnrolmentCode code = world.code();
  const TestInstall install = world.enrol_by(code, "PC-9");
  const Bytes done = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(install), {done}), is_ok());
  EXPECT_EQ(world.rollouts.list()->front().have_it, 2);
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519).value();
  ASSERT_THAT(world.enrolment.enrol(world.enrolment_envelope(code, other)), fails_with(ErrorCode::conflict));
  const RolloutForecast forecast = world.rollouts.forecast(world.product).value();
  for (const RolloutStanding& standing : {world.rollouts.list()->front(), forecast.standing}) {
    EXPECT_EQ(standing.installs, 2);
    EXPECT_EQ(standing.have_it, 1);
    EXPECT_EQ(standing.held, 2);
  }
  EXPECT_THAT(forecast.customers.front().missing, SizeIs(3)) << "what a held one says is no proof that it has it";
}

TEST_F(RolloutsTest, LabelsAreToldToTheInstallByASignedWord) {
  publish({"1.0"});
  const TestInstall install = world.enrol();
  const Labels labels{Label::parse("pilot").value()};
  ASSERT_THAT(world.rollouts.label("staff:chi", {install.id, labels}), is_ok());
  EXPECT_EQ(world.install_record(install.id).labels, labels);
  ASSERT_THAT(rebuild(*world.store, world.tenant, {world.recorder.public_key()}), is_ok());
  EXPECT_EQ(world.install_record(install.id).labels, labels);
}

TEST_F(RolloutsTest, RolloutsAndProposalsComeBackFromTheEvents) {
  publish({"1.0"});
  ASSERT_THAT(world.guard.stop("staff:chi", world.product, "stop"), is_ok());
  const HandedIn waits = hand_in("staff:an", {"1.0", "1.1"});
  const Rollout before = now();
  ASSERT_THAT(rebuild(*world.store, world.tenant, {world.recorder.public_key()}), is_ok());
  EXPECT_EQ(now(), before);
  EXPECT_THAT(world.proposals.list(false).value(), ElementsAre(*waits.waits));
}

}  // namespace
}  // namespace kip::server
