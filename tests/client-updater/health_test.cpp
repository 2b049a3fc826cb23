// What a version has to show once it is in use, and the application that is stopped and started around a switch.

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kLedger = "/data/ledger";
const Content kForms = {{"B01-DN/layout.xml", "new layout"}, {"check.sh", "the check"}, {"sql/ledger/1.sql", "+vat"}};
const Bytes kHooks = R"({"format":"kip.hooks/1","probe_user":"acct",
  "quiesce":{"program":"/bin/stop","arguments":["the app"],"within_seconds":5},"resume":{"program":"/bin/start","user":"acct"}})";

class Health : public ::testing::TestWithParam<LayoutKind> {
 protected:
  /// Version 1.0 with a ledger; 1.1 has a migration and these probes.
  static std::unique_ptr<World> make(std::vector<PackageProbe> probes) {
    auto world = world_with_old_forms(GetParam());
    world->databases.create(kLedger, "books");
    KIP_CHECK(world->attach("ledger", kLedger).has_value());
    world->vendor.probes = std::move(probes);
    world->vendor.release("1.1", kForms);
    return world;
  }
  static CommandOutcome ends_with(int status) { return {.status = status, .output = "why"}; }
};

TEST_P(Health, LooksIntoTheDatabases) {
  const auto world = make({{QueryProbe{"ledger", "SELECT", "books+vat"}}, {QueryProbe{"stock", "SELECT", "none"}}});
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->in_use(), "1.1");
}

TEST_P(Health, ADatabaseThatIsNotAsItShouldBeGoesBackWithTheFiles) {
  const auto world = make({{QueryProbe{"ledger", "SELECT", "other"}}});
  const auto updated = world->update();
  EXPECT_THAT(updated, fails_with(ErrorCode::integrity, R"(that in each ledger "SELECT" gives "other")"));
  EXPECT_THAT(updated.error().message, Not(HasSubstr("books")));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->databases.rows(kLedger), "books");
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "failed", "rolled_back"));
}

TEST_P(Health, WaitsForTheApplicationToAnswer) {
  const auto world = make({{HttpProbe{8080, "/health", 204}, 60}, {PortProbe{5432}}});
  world->machine.answers["8080/health"] = 503;
  int pauses = 0;
  world->machine.on_pause = [&] {
    if (++pauses == 3) world->machine.answers["8080/health"] = 204;
    if (pauses == 5) world->machine.ports.insert(5432);
  };
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(pauses, 5);
  EXPECT_THAT(world->said, Contains("checking that http://127.0.0.1:8080/health gives status 204"));
}

TEST_P(Health, AnApplicationThatNeverAnswersIsNotReplacedByOldFilesUnderANewDatabase) {
  const auto world = make({{PortProbe{5432}, 10}});
  const Instant before = world->clock.now();
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "programs may have written to them since"));
  EXPECT_GE(world->clock.now() - before, std::chrono::seconds(10));
  EXPECT_LT(world->clock.now() - before, std::chrono::seconds(20));
  EXPECT_EQ(world->content(), kForms);
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat");
  EXPECT_EQ(world->receipts_on("1.1").back(), "held");
}

TEST_P(Health, AnApplicationThatNeverAnswersIsTakenBackWhereOnlyFilesChanged) {
  const auto world = world_with_old_forms(GetParam());
  world->vendor.probes = {{PortProbe{5432}, 10}};
  world->vendor.release("1.1", kNewForms);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "a process answers at port 5432, and was not"));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->receipts_on("1.1").back(), "rolled_back");
}

TEST_P(Health, RunsAProgramOfThePackageOnlyWhereTheAdministratorAllowsIt) {
  const auto world = make({{CommandProbe{*SafeRelativePath::parse("check.sh"), {"--all"}}, 7}});
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_THAT(world->machine.ran, IsEmpty());
  EXPECT_THAT(world->said, Contains(HasSubstr("not checked, since /etc/hooks.json does not allow it")));
}

TEST_P(Health, RunsAnAllowedProgramAsTheApplicationsUser) {
  const auto world = make({{CommandProbe{*SafeRelativePath::parse("check.sh"), {"--all"}}, 7}});
  world->machine.hooks = R"({"format":"kip.hooks/1","probe_user":"acct"})";
  std::chrono::seconds within(0);
  world->machine.on_run = [&](const Command& command) {
    within = command.within;
    return CommandOutcome{};
  };
  ASSERT_THAT(world->update(), is_ok());
  const std::string program = GetParam() == LayoutKind::in_place ? "/kip/app/check.sh" : "check.sh --all as acct";
  EXPECT_THAT(world->machine.ran, ElementsAre(HasSubstr(program)));
  EXPECT_EQ(within, std::chrono::seconds(7));
}

TEST_P(Health, AProgramThatFailsIsNamedWithItsLastWords) {
  const auto world = make({{CommandProbe{*SafeRelativePath::parse("check.sh"), {}}}});
  world->machine.hooks = R"({"format":"kip.hooks/1","probe_user":"acct"})";
  world->machine.on_run = [](const Command&) { return ends_with(3); };
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "ended with status 3: why"));
}

TEST_P(Health, TheApplicationIsStoppedAndStartedAroundASwitch) {
  const auto world = make({});
  world->machine.hooks = kHooks;
  world->machine.on_run = [&](const Command& command) {
    EXPECT_EQ(world->content(), command.program == "/bin/stop" ? kOldForms : kForms);
    return CommandOutcome{};
  };
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_THAT(world->machine.ran, ElementsAre("/bin/stop the app", "/bin/start as acct"));
  ASSERT_THAT(world->check(), is_ok());
  EXPECT_EQ(world->machine.ran.size(), 2U);
}

TEST_P(Health, AnApplicationThatDoesNotStopIsLeftAsItIs) {
  const auto world = make({});
  world->machine.hooks = kHooks;
  world->machine.on_run = [](const Command& command) { return ends_with(command.program == "/bin/stop" ? 1 : 0); };
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "/bin/stop ended with status 1: why"));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_THAT(world->machine.ran, ElementsAre("/bin/stop the app", "/bin/start as acct"));
  EXPECT_EQ(world->receipts_on("1.1").back(), "failed");
}

TEST_P(Health, ASecondFailedStartTakesTheVersionBack) {
  const auto world = world_with_old_forms(GetParam());
  world->vendor.release("1.1", kNewForms);
  world->machine.hooks = kHooks;
  world->machine.on_run = [&](const Command& command) {
    return ends_with(command.program == "/bin/start" && world->content() == kNewForms ? 1 : 0);
  };
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "/bin/start ended with status 1"));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_THAT(world->machine.ran,
              ElementsAre("/bin/stop the app", "/bin/start as acct", "/bin/start as acct", "/bin/start as acct"));
}

TEST_P(Health, OneFailedStartIsNoReasonToGoBack) {
  const auto world = make({});
  world->machine.hooks = kHooks;
  bool first = true;
  world->machine.on_run = [&](const Command& command) {
    return ends_with(command.program == "/bin/start" && std::exchange(first, false) ? 1 : 0);
  };
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->in_use(), "1.1");
}

TEST_P(Health, AnApplicationThatWasStoppedIsStartedAfterACrash) {
  const auto world = make({});
  world->machine.hooks = kHooks;
  world->machine.on_run = [&](const Command&) {
    world->files.fail_from(1, ErrorCode::storage);
    return CommandOutcome{};
  };
  EXPECT_FALSE(world->update().has_value());
  world->files.restart();
  world->machine.on_run = [](const Command&) { return CommandOutcome{}; };
  world->machine.ran.clear();
  ASSERT_THAT(world->check(), is_ok());
  EXPECT_THAT(world->machine.ran, ElementsAre("/bin/start as acct"));
}

TEST_P(Health, AnUnreadablePolicyStopsBeforeAnythingIsTouched) {
  const auto world = make({});
  world->machine.hooks = fail(ErrorCode::denied, "belongs to others");
  EXPECT_THAT(world->update(), fails_with(ErrorCode::denied, "belongs to others"));
  world->machine.hooks = "{}";
  EXPECT_THAT(world->update(), fails_with(ErrorCode::malformed, "/etc/hooks.json"));
  EXPECT_EQ(world->content(), kOldForms);
}

std::string layout_name(const ::testing::TestParamInfo<LayoutKind>& info) {
  return info.param == LayoutKind::in_place ? "InPlace" : "Versioned";
}

INSTANTIATE_TEST_SUITE_P(Layouts, Health, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place), layout_name);

TEST(HookPolicy, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(parse_hook_policy(R"({"format":"kip.hooks/1","quiesce":{"program":"stop"}})"),
              fails_with(ErrorCode::malformed, "whole path"));
  EXPECT_THAT(parse_hook_policy(R"({"format":"kip.hooks/1","quiesc":{"program":"/bin/stop"}})"),
              fails_with(ErrorCode::malformed, "quiesc"));
  EXPECT_THAT(parse_hook_policy(R"({"format":"kip.hooks/1","resume":{"program":"/bin/start","within_seconds":0}})"),
              fails_with(ErrorCode::malformed, "within_seconds"));
  EXPECT_THAT(parse_hook_policy(R"({"format":"kip.hooks/1","resume":{"program":"/bin/start","shell":true}})"),
              fails_with(ErrorCode::malformed, "shell"));
}

}  // namespace
}  // namespace kip::updater
