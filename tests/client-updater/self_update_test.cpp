#include <client-updater/update/self_update.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/core/exit_code.hpp>
#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Version version(std::string_view text) {
  return Version::parse(text).value();
}

Target target(std::string_view text) {
  return {version(text), sha256(text)};
}

TEST(StartChoice, StartsOnlyWhatIsLaterAndHasNotFailedTwice) {
  struct Case {
    std::string_view what;
    StartChoice choice;
    std::optional<Target> expected;
  };
  const Target two = target("2.0");
  const Target three = target("3.0");
  const Target old = target("1.0");
  const std::vector<Case> cases = {
      {"nothing chosen", {}, std::nullopt},
      {"new", {.chosen = three}, three},
      {"begun once", {.chosen = three, .starts = 1}, three},
      {"begun twice", {.chosen = three, .starts = 2}, std::nullopt},
      {"proven", {.chosen = three, .proven = true, .starts = 2}, three},
      {"begun twice, with one before it", {.chosen = three, .starts = 2, .before = two}, two},
      {"new, with one before it", {.chosen = three, .before = two}, three},
      {"what runs already", {.chosen = old, .proven = true}, std::nullopt},
      {"begun twice, and what runs is the one before", {.chosen = three, .starts = 2, .before = old}, std::nullopt},
      {"refused", {.refused = three}, std::nullopt},
  };
  for (const Case& one : cases)
    EXPECT_EQ(to_be_started(one.choice, version("1.0"), true), one.expected) << one.what;
}

TEST(StartChoice, StartsOnlyWhatIsProvenWhereItIsNotAlone) {
  const StartChoice choice{.chosen = target("3.0"), .before = target("2.0")};
  EXPECT_EQ(to_be_started(choice, version("1.0"), false), target("2.0"));
  EXPECT_EQ(to_be_started({.chosen = target("3.0")}, version("1.0"), false), std::nullopt);
  EXPECT_EQ(to_be_started({.chosen = target("3.0"), .proven = true}, version("1.0"), false), target("3.0"));
}

TEST(StartChoice, LeavesWhatOfficersDoNotAllowAnyMore) {
  ProductPolicy policy;
  policy.revoked["2.0"] = "leaks";
  const StartChoice both{.chosen = target("3.0"), .proven = true, .before = target("2.0")};
  EXPECT_EQ(allowed_choice(both, policy).before, std::nullopt);
  EXPECT_EQ(allowed_choice(both, policy).chosen, target("3.0"));
  policy.revoked = {{"3.0", "leaks"}};
  const StartChoice left = allowed_choice(both, policy);
  EXPECT_EQ(left.chosen, target("2.0"));
  EXPECT_TRUE(left.proven);
  EXPECT_EQ(left.before, std::nullopt);
  policy.floor = version("4.0");
  EXPECT_EQ(allowed_choice(both, policy).chosen, target("3.0")) << "nothing that is allowed is left";
}

TEST(StartChoice, ComesBackFromItsBytes) {
  for (const StartChoice& choice :
       {StartChoice(), StartChoice{target("3.0"), true, 1, target("2.0"), target("4.0")}, StartChoice{.starts = 2}}) {
    EXPECT_EQ(parse_start_choice(to_bytes(choice)).value(), choice);
  }
  for (const std::string_view text : {"", "{}", R"({"format":"kip.updater-start/2","proven":true,"starts":0})",
                                      R"({"format":"kip.updater-start/1","proven":true,"starts":3})"})
    EXPECT_THAT(parse_start_choice(text), fails_with(ErrorCode::malformed)) << text;
}

/// Takes the place of SQLite and of the system.
class FakeTrial final : public TrialGround {
 public:
  explicit FakeTrial(World& world) : world_(world) {}
  Result<void> expect_startable(const std::filesystem::path&) override { return startable; }
  std::vector<std::string> options() const override { return {"--dir", "/kip"}; }
  Result<void> copy_state(const std::filesystem::path& file) override {
    KIP_TRY(const auto output, world_.files_in_use->open_output(file, OutputMode::create_new, 0600));
    return output->close();
  }
  Result<State> reread_state(const std::filesystem::path& file) override {
    KIP_TRY_VOID(world_.files_in_use->status(file));
    return left ? *left : world_.store.load();
  }
  std::optional<Result<State>> left;  ///< by the new version; empty: what was there
  Result<void> startable;

 private:
  World& world_;
};

/// An install of which the vendor's one product is the updater, whose versions say their own number where they are run.
class SelfUpdate : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(world.enrol(), is_ok());
    world.machine.on_run = [this](const Command& command) {
      const std::string folder = command.program.parent_path().parent_path().filename();
      return CommandOutcome{.output = R"({"version":")" + folder.substr(0, folder.find('-')) + "\"}"};
    };
  }
  void publish(std::string_view number) {
    world.advance(std::chrono::minutes(1));
    world.vendor.release(number, {{"bin/kip-updater", "program " + std::string(number)}});
  }
  Result<Install> open_own(const Install& install, std::string_view product = "forms") {
    Ports ports{*world.files_in_use, world.vendor,    own_store,     world.clock,
                world.random,        world.databases, world.machine, {}};
    return install.beside(ports, ProductId::parse(product).value());
  }
  Result<SelfUpdateResult> run(std::string_view running = "1.0", std::string_view product = "forms",
                               bool again = false) {
    world.advance(std::chrono::minutes(1));
    KIP_TRY(Install install, world.open());
    KIP_TRY(Install own, open_own(install, product));
    return update_itself(install, own, world.narrator, version(running), trial, again);
  }
  StartChoice choice() { return read_start_choice(world.files, layout.start_choice()).value(); }
  std::string chosen() { return choice().chosen ? choice().chosen->version.str() : ""; }
  std::string program(const Target& one) { return read_file(world.files, updater_program(layout, one), 1000).value(); }

  World world;
  MemoryStateStore own_store;
  FakeTrial trial{world};
  Layout layout = Layout::of_updater(world.layout);
};

TEST_F(SelfUpdate, ChoosesAVersionThatPassesItsCheck) {
  publish("2.0");
  const auto result = run();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->chosen->version.str(), "2.0");
  EXPECT_EQ(chosen(), "2.0");
  EXPECT_FALSE(choice().proven);
  EXPECT_EQ(program(*result->chosen), "program 2.0");
  ASSERT_THAT(world.machine.ran, SizeIs(1));
  EXPECT_EQ(world.machine.ran[0], updater_program(layout, *result->chosen).string() +
                                      " --dir /kip --json self-check /kip/updater/state/rehearsal/updater.sqlite");
  EXPECT_FALSE(path_exists(world.files, layout.rehearsal()).value());
  EXPECT_THAT(run()->chosen, ::testing::Eq(std::nullopt));
  EXPECT_THAT(world.machine.ran, SizeIs(1));
}

TEST_F(SelfUpdate, TouchesNothingOfTheApplicationAndReportsNothing) {
  const State before = world.store.load().value();
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(world.store.load().value(), before);
  EXPECT_THAT(world.content(), IsEmpty());
  ASSERT_THAT(world.deliver(), is_ok());
  EXPECT_THAT(world.vendor.receipts, IsEmpty());
  EXPECT_EQ(own_store.counts()->pending, 0);
}

TEST_F(SelfUpdate, RefusesOnceWhatDoesNotPass) {
  struct Case {
    CommandOutcome outcome;
    std::optional<Result<State>> left;
    std::string_view why;
  };
  State other = world.store.load().value();
  other.last_check.reset();
  other.delivery.failures = 7;
  const CommandOutcome good{.output = R"({"version":"2.0"})"};
  const std::vector<Case> cases = {
      {{.status = 3, .output = "no such library"}, {}, "it ended with status 3: no such library"},
      {{.status = 137, .timed_out = true}, {}, "not ready within two minutes"},
      {{.output = R"({"version":"1.9"})"}, {}, "it says that it is version 1.9"},
      {{.output = "hello"}, {}, "reading what it said"},
      {{.output = ""}, {}, "reading what it said"},
      {good, Result<State>(fail(ErrorCode::conflict, "form 9")), "the present updater could not use the state"},
      {good, Result<State>(other), "it would change what this install remembers"},
  };
  publish("2.0");
  for (const Case& one : cases) {
    ASSERT_THAT(world.files.remove_tree(layout.root()), is_ok());
    own_store = MemoryStateStore();
    world.machine.ran.clear();
    world.machine.on_run = [&](const Command&) { return one.outcome; };
    trial.left = one.left;
    const auto result = run();
    ASSERT_THAT(result, is_ok());
    EXPECT_THAT(result->refused, HasSubstr(one.why));
    EXPECT_EQ(result->chosen, std::nullopt);
    EXPECT_EQ(chosen(), "");
    EXPECT_THAT(run()->refused, IsEmpty());
    EXPECT_THAT(world.machine.ran, SizeIs(1)) << "it is not tried again";
  }
}

TEST_F(SelfUpdate, KeepsTheOneBeforeWhereTheNextDoesNotPass) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(prove_start(world.files, layout, version("2.0")), is_ok());
  const auto good = world.machine.on_run;
  world.machine.on_run = [](const Command&) { return CommandOutcome{.status = 1}; };
  publish("3.0");
  ASSERT_THAT(run("2.0"), is_ok());
  EXPECT_EQ(chosen(), "2.0");
  EXPECT_TRUE(choice().proven);
  EXPECT_EQ(own_store.load()->current()->target.version.str(), "2.0");
  world.machine.on_run = good;
  publish("4.0");
  ASSERT_THAT(run("2.0"), is_ok());
  EXPECT_EQ(chosen(), "4.0");
  ASSERT_TRUE(choice().before);
  EXPECT_EQ(program(*choice().before), "program 2.0");
  EXPECT_EQ(program(*choice().chosen), "program 4.0");
}

TEST_F(SelfUpdate, TakesOnlyALaterVersionThanTheOneThatRuns) {
  publish("2.0");
  for (const std::string_view running : {"2.0", "5.0"}) {
    const auto result = run(running);
    ASSERT_THAT(result, is_ok());
    EXPECT_EQ(result->chosen, std::nullopt);
  }
  EXPECT_EQ(own_store.load()->current(), nullptr);
  EXPECT_THAT(world.machine.ran, IsEmpty());
}

TEST_F(SelfUpdate, WaitsWhereTheInstallIsNotIdle) {
  publish("2.0");
  for (const Phase phase : {Phase::applying, Phase::committed, Phase::reverting, Phase::held}) {
    State state = world.store.load().value();
    state.attempt.phase = phase;
    state.attempt.target = target("7.0");
    ASSERT_THAT(world.store.save(state, {}), is_ok());
    EXPECT_THAT(run(), fails_with(ErrorCode::conflict));
  }
  EXPECT_EQ(own_store.load()->current(), nullptr);
}

TEST_F(SelfUpdate, HasAFloorOfItsOwn) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(prove_start(world.files, layout, version("2.0")), is_ok());
  TestPackage three = make_package(world.vendor.code.product, "3.0", {{"bin/kip-updater", "program 3.0"}}, {}, {});
  three.release.floor = version("3.0");
  world.vendor.repository.add_release(three.release, std::move(three.bytes));
  world.vendor.roll_out(three.release);
  const auto result = run("2.0");
  ASSERT_THAT(result, is_ok());
  EXPECT_THAT(result->warning, HasSubstr("should be replaced"));
  EXPECT_EQ(chosen(), "3.0");
  EXPECT_EQ(choice().before, std::nullopt) << "what is below the floor is not started again";
  EXPECT_EQ(world.store.load()->policy.floor, std::nullopt);
}

TEST_F(SelfUpdate, GoesOnWhereItWasInterruptedBeforeTheCheck) {
  publish("2.0");
  {
    Install install = world.open().value();
    Install own = open_own(install).value();
    ASSERT_THAT(update(own, world.narrator, false), is_ok());
  }
  EXPECT_EQ(chosen(), "");
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(chosen(), "2.0");
}

TEST_F(SelfUpdate, IsContentWithAVendorThatPublishesNone) {
  publish("2.0");
  const auto result = run("1.0", "other-product");
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->published);
}

TEST_F(SelfUpdate, BlamesNoVersionForAFullDisk) {
  publish("2.0");
  trial.left = Result<State>(fail(ErrorCode::disk_full, "no room"));
  EXPECT_THAT(run(), fails_with(ErrorCode::disk_full));
  EXPECT_EQ(choice().refused, std::nullopt);
  trial.left.reset();
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(chosen(), "2.0");
}

TEST_F(SelfUpdate, IsProvenByTheEndOfACommandOfTheChosenVersion) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(prove_start(world.files, layout, version("1.0")), is_ok());
  EXPECT_FALSE(choice().proven);
  ASSERT_THAT(prove_start(world.files, layout, version("2.0")), is_ok());
  EXPECT_TRUE(choice().proven);
}

TEST_F(SelfUpdate, BlamesNoVersionForTheMachine) {
  publish("2.0");
  const auto good = world.machine.on_run;
  for (const ErrorCode code : {ErrorCode::storage, ErrorCode::disk_full, ErrorCode::busy}) {
    world.machine.on_run = [code](const Command&) { return CommandOutcome{.status = exit_code(code)}; };
    EXPECT_THAT(run(), fails_with(code));
    EXPECT_EQ(choice().refused, std::nullopt);
    EXPECT_FALSE(path_exists(world.files, layout.rehearsal()).value());
  }
  world.machine.on_run = good;
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(chosen(), "2.0");
}

TEST_F(SelfUpdate, DoesNotRunWhatCouldNotBeStarted) {
  publish("2.0");
  trial.startable = fail(ErrorCode::denied, "others can write it");
  EXPECT_THAT(run()->refused, HasSubstr("others can write it"));
  EXPECT_THAT(world.machine.ran, IsEmpty());
}

TEST_F(SelfUpdate, TriesAgainWhatWasGivenUpWhereAPersonAsks) {
  const auto good = world.machine.on_run;
  publish("2.0");
  world.machine.on_run = [](const Command&) { return CommandOutcome{.status = 1}; };
  ASSERT_THAT(run(), is_ok());
  world.machine.on_run = good;
  EXPECT_EQ(run()->chosen, std::nullopt);
  EXPECT_TRUE(run("1.0", "forms", true)->chosen);
  EXPECT_EQ(choice().refused, std::nullopt);
  StartChoice died = choice();
  died.starts = 2;
  ASSERT_THAT(write_start_choice(world.files, layout.start_choice(), died), is_ok());
  EXPECT_EQ(run()->chosen, std::nullopt);
  EXPECT_TRUE(run("1.0", "forms", true)->chosen);
  EXPECT_EQ(choice().starts, 0);
}

TEST_F(SelfUpdate, KeepsTheOneThatWorksThroughSeveralThatDoNot) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(prove_start(world.files, layout, version("2.0")), is_ok());
  const auto good = world.machine.on_run;
  for (const std::string_view dies : {"3.0", "4.0", "5.0"}) {
    publish(dies);
    ASSERT_THAT(run("2.0"), is_ok());
    StartChoice died = choice();
    EXPECT_EQ(died.chosen->version.str(), dies);
    died.starts = 2;
    ASSERT_THAT(write_start_choice(world.files, layout.start_choice(), died), is_ok());
    ASSERT_TRUE(choice().before);
    EXPECT_EQ(program(*choice().before), "program 2.0");
  }
  world.machine.on_run = [](const Command&) { return CommandOutcome{.status = 1}; };
  publish("6.0");
  ASSERT_THAT(run("2.0"), is_ok());
  EXPECT_EQ(own_store.load()->current()->target.version.str(), "2.0");
  EXPECT_EQ(program(*choice().before), "program 2.0");
}

TEST_F(SelfUpdate, TakesADamagedChoiceForNone) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(world.files.remove(layout.start_choice()), is_ok());
  const auto output = world.files.open_output(layout.start_choice(), OutputMode::create_new, 0600);
  ASSERT_THAT((*output)->write("{\"format\":"), is_ok());
  EXPECT_EQ(choice(), StartChoice());
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(chosen(), "2.0");
}

TEST_F(SelfUpdate, StoppedAtAnyPointNamesOnlyWhatIsWhole) {
  publish("2.0");
  ASSERT_THAT(run(), is_ok());
  ASSERT_THAT(prove_start(world.files, layout, version("2.0")), is_ok());
  ASSERT_THAT(world.files.make_directory("/tick", 0700), is_ok());
  own_store.before_commit = [this] { return world.files.sync_directory("/tick"); };  // the dead record nothing
  ASSERT_THAT(world.files.sync_tree("/"), is_ok());
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t kStep = 3;
#else
  constexpr std::uint64_t kStep = 1;
#endif
  std::uint64_t points = 0;
  for (bool done = false; !done; points += kStep) {
    const std::string next = std::to_string(3 + points) + ".0";
    publish(next);
    world.files.fail_from(points + 1, ErrorCode::storage);
    done = run("2.0").has_value();
    world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    const StartChoice left = choice();
    ASSERT_TRUE(left.chosen);
    if (left.before) {
      EXPECT_EQ(program(*left.before), "program 2.0") << "point " << points;
    }
    EXPECT_EQ(program(*left.chosen), "program " + left.chosen->version.str()) << "point " << points;
    const auto again = run("2.0");
    ASSERT_THAT(again, is_ok()) << "point " << points;
    EXPECT_EQ(again->refused, "") << "point " << points;
    EXPECT_EQ(chosen(), next) << "point " << points;
    ASSERT_THAT(world.files.sync_tree("/"), is_ok());
  }
  EXPECT_GT(points, 20U);
}

}  // namespace
}  // namespace kip::updater
