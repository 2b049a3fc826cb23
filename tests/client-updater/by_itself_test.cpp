// What the service does by itself, and what people have to say to it.

#include <client-updater/app/running.hpp>
#include <client-updater/app/service.hpp>
#include <client-updater/update/by_itself.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

class ByItself : public ::testing::Test {
 protected:
  void SetUp() override { world->vendor.release("1.1", kNewForms); }

  Result<UpdateResult> round(int hour, unsigned day = 5) {
    KIP_TRY(Install install, world->open());
    return update_by_itself(install, world->narrator, schedule,
                            {std::chrono::Monday, day, std::chrono::minutes(hour * 60)});
  }
  Result<DeferResult> put_off(std::chrono::hours by, const std::string& reason = "closing the year") {
    KIP_TRY(Install install, world->open());
    return defer(install, world->narrator, world->clock.now() + by, reason);
  }
  /// Officers sign a release that may be forced from then on.
  void force_after(std::chrono::hours by) {
    Release release = make_package(world->vendor.code.product, "1.2", kOldForms).release;
    release.force_after = world->clock.now() + by;
    world->vendor.repository.add_release(release, make_package(world->vendor.code.product, "1.2", kOldForms).bytes);
    world->vendor.roll_out(release);
  }

  std::unique_ptr<World> world = world_with_old_forms();
  Schedule schedule{*WeeklyTimes::parse("19:00-23:00"), {}, *MonthDays::parse("18-20")};
};

TEST_F(ByItself, WaitsForTheWindowAndSaysSoOnce) {
  for (int hour = 9; hour < 12; ++hour) {
    const auto result = round(hour);
    ASSERT_THAT(result, is_ok());
    EXPECT_EQ(result->waiting, Waiting::window);
    EXPECT_FALSE(result->installed);
  }
  EXPECT_EQ(world->in_use(), "1.0");
  ASSERT_THAT(round(20), is_ok());
  EXPECT_EQ(world->in_use(), "1.1");
  EXPECT_THAT(world->receipts_on("1.1"),
              ElementsAre("waiting_window", "downloaded", "verified", "applying", "installed"));
}

TEST_F(ByItself, InstallsNothingOnFilingDays) {
  EXPECT_EQ(round(20, 19)->waiting, Waiting::filing_day);
  EXPECT_EQ(round(20, 21)->waiting, Waiting::nothing);
  EXPECT_EQ(world->in_use(), "1.1");
}

TEST_F(ByItself, APersonNeedsNoWindow) {
  EXPECT_EQ(round(9)->waiting, Waiting::window);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->in_use(), "1.1");
}

TEST_F(ByItself, APersonPutsAVersionOffAndThatIsReported) {
  ASSERT_THAT(put_off(std::chrono::hours(10)), is_ok());
  EXPECT_EQ(round(20)->waiting, Waiting::deferred);
  EXPECT_EQ(world->in_use(), "1.0");
  world->advance(std::chrono::hours(10));
  ASSERT_THAT(round(20), is_ok());
  EXPECT_EQ(world->in_use(), "1.1");
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("deferred", "downloaded", "verified", "applying", "installed"));
}

TEST_F(ByItself, ADeferralCanBeTakenBack) {
  ASSERT_THAT(put_off(std::chrono::hours(10)), is_ok());
  Install install = world->open().value();
  EXPECT_TRUE(undefer(install, world->narrator)->was_deferred);
  EXPECT_FALSE(undefer(install, world->narrator)->was_deferred);
  EXPECT_EQ(round(20)->waiting, Waiting::nothing);
}

TEST_F(ByItself, NothingIsPutOffBeyondWhatOfficersAndTheContractAllow) {
  world->vendor.contract.force_allowed = true;
  force_after(std::chrono::hours(12));
  EXPECT_THAT(put_off(std::chrono::hours(13)), fails_with(ErrorCode::usage, "until 2026-01-01T13:00:00Z at most"));
  EXPECT_THAT(put_off(std::chrono::hours(0)), fails_with(ErrorCode::usage, "is past"));
  ASSERT_THAT(put_off(std::chrono::hours(12)), is_ok());
  world->advance(std::chrono::hours(11));
  EXPECT_EQ(round(9)->waiting, Waiting::deferred);
  world->advance(std::chrono::hours(1));
  EXPECT_EQ(round(9, 19)->waiting, Waiting::nothing);
  EXPECT_EQ(world->in_use(), "1.2");
}

TEST_F(ByItself, NothingIsForcedWhereTheContractDoesNotAllowIt) {
  force_after(std::chrono::hours(12));
  ASSERT_THAT(put_off(std::chrono::hours(48)), is_ok()) << "the officers' limit is of no account here";
  world->advance(std::chrono::hours(13));
  EXPECT_EQ(round(20)->waiting, Waiting::deferred);
  world->vendor.contract.force_allowed = true;
  EXPECT_EQ(round(20)->waiting, Waiting::nothing) << "it was agreed meanwhile";
  EXPECT_EQ(world->in_use(), "1.2");
}

TEST_F(ByItself, TheServerIsAskedForTheContractOnlyWhereThatMatters) {
  const auto asked = [this] {
    const auto& paths = world->vendor.paths;
    return std::count(paths.begin(), paths.end(), "GET /v1/tenants/an-phat/postponement");
  };
  force_after(std::chrono::hours(12));
  EXPECT_EQ(round(9)->waiting, Waiting::window);
  EXPECT_EQ(asked(), 0) << "too early to be forced";
  world->advance(std::chrono::hours(12));
  EXPECT_EQ(round(9)->waiting, Waiting::window);
  EXPECT_EQ(asked(), 1);
  EXPECT_EQ(round(20)->waiting, Waiting::nothing);
  EXPECT_EQ(asked(), 1) << "it need not be forced";
}

TEST_F(ByItself, WhatTheServerSaidLastHoldsWhereItCannotBeAsked) {
  force_after(std::chrono::hours(12));
  world->advance(std::chrono::hours(12));
  world->vendor.contract.force_allowed = true;
  world->vendor.receipts_down = true;
  EXPECT_EQ(round(9)->waiting, Waiting::window) << "nobody has said that it may be forced";
  EXPECT_THAT(world->said.back(), HasSubstr("nothing is forced until then"));
  world->vendor.receipts_down = false;
  ASSERT_THAT(put_off(std::chrono::hours(1)), fails_with(ErrorCode::usage, "at most"));
  world->vendor.receipts_down = true;
  EXPECT_EQ(round(9)->waiting, Waiting::nothing);
}

TEST_F(ByItself, AWordThatIsNotTheServersOrAnOlderOneIsNotBelieved) {
  force_after(std::chrono::hours(12));
  world->advance(std::chrono::hours(12));
  EXPECT_EQ(round(9)->waiting, Waiting::window);
  world->vendor.contract.force_allowed = true;
  world->vendor.contract_said_at = world->clock.now() - std::chrono::hours(1);
  EXPECT_EQ(round(9)->waiting, Waiting::window) << "of before the contract was changed";
  EXPECT_THAT(world->said.back(), HasSubstr("a later one is known"));
  world->vendor.contract_said_at.reset();
  world->vendor.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  EXPECT_EQ(round(9)->waiting, Waiting::window) << "signed by somebody else";
  world->vendor.other_log_key.reset();
  InstallId& told_to = world->vendor.installs.begin()->second;
  const InstallId own = std::exchange(told_to, InstallId::parse("01JD0000000000000000000009").value());
  EXPECT_EQ(round(9)->waiting, Waiting::window) << "about another install";
  told_to = own;
  EXPECT_EQ(round(9)->waiting, Waiting::nothing);
}

TEST_F(ByItself, NothingIsPutOffWhereTheContractDoesNotAllowIt) {
  world->vendor.contract.allowed = false;
  EXPECT_THAT(put_off(std::chrono::hours(1)), fails_with(ErrorCode::conflict, "call the vendor"));
  EXPECT_EQ(round(20)->waiting, Waiting::nothing);
}

TEST_F(ByItself, NothingIsPutOffWhereNothingIsAvailable) {
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_THAT(put_off(std::chrono::hours(1)), fails_with(ErrorCode::conflict, "nothing can be put off"));
}

TEST(UntilNextRound, IsTheIntervalAFifthMoreOrLess) {
  UpdaterSettings settings;
  settings.check_every = std::chrono::minutes(100);
  EXPECT_EQ(until_next_round(settings, {}, 0), std::chrono::minutes(80));
  EXPECT_EQ(until_next_round(settings, {}, 65'535), std::chrono::minutes(120));
  EXPECT_EQ(until_next_round(settings, {}, 32'768), std::chrono::minutes(100));
}

TEST(UntilNextRound, GrowsWhereNobodyAnswersAndIsShortWhereAVersionWaits) {
  UpdaterSettings settings;
  settings.check_every = std::chrono::hours(4);
  std::chrono::seconds before(0);
  for (std::int64_t failures = 1; failures < 9; ++failures) {
    const auto wait = until_next_round(settings, {.failures = failures}, 0);
    EXPECT_GT(wait, before);
    before = wait;
  }
  EXPECT_EQ(until_next_round(settings, {.failures = 1'000'000'000}, 0), std::chrono::minutes(192));
  EXPECT_EQ(until_next_round(settings, {.waits = true}, 0), std::chrono::minutes(4));
  settings.check_every = std::chrono::minutes(1);
  EXPECT_EQ(until_next_round(settings, {.is_quiet = true}, 0), std::chrono::seconds(48));
  EXPECT_EQ(until_next_round(settings, {.waits = true, .asked_to_wait = std::chrono::hours(3)}, 0),
            std::chrono::hours(3));
}

TEST(KeepLanguage, LeavesTheNoteThatAPersonReads) {
  const std::map<std::string, std::string> all = {{"vi", "Mẫu mới"}, {"en", "New forms"}};
  auto notes = all;
  keep_language(notes, "vi-VN");
  EXPECT_THAT(notes, ElementsAre(std::pair("vi", "Mẫu mới")));
  notes = all;
  keep_language(notes, "hu");
  EXPECT_EQ(notes, all);
  keep_language(notes, "");
  EXPECT_EQ(notes, all);
}

}  // namespace
}  // namespace kip::updater
