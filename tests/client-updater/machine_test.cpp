#include <gtest/gtest.h>

#include <client-updater/update/machine.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

using Effects = std::vector<Effect>;

Target target(std::string_view version) {
  return {Version::parse(version).value(), sha256(version)};
}

Attempt attempt(Phase phase, Move move = Move::install) {
  return {.move = move, .target = target("2.0"), .from = target("1.0"), .phase = phase};
}

Begin begin(std::string_view version, Move move = Move::install) {
  return {.move = move, .target = target(version), .current = target("1.0")};
}

Record report(InstallState state, std::string detail = "") {
  return {.report = state, .detail = std::move(detail)};
}

Failed failed(ErrorCode code, bool switched = false) {
  return {{code, "why"}, switched};
}

Attempt tried(Attempt state, int trials) {
  state.trials = trials;
  return state;
}

Attempt failed_before(Attempt state, InstallState how) {
  state.failure = ReportedFailure{how, "why"};
  return state;
}

struct Row {
  const char* name;
  Attempt state;
  Event event;
  Phase phase;
  Effects effects;
};

class MachineTable : public ::testing::TestWithParam<Row> {};

TEST_P(MachineTable, Steps) {
  const Row& row = GetParam();
  const Step next = step(row.state, row.event);
  EXPECT_EQ(next.next.phase, row.phase);
  EXPECT_EQ(next.effects, row.effects);
}

const std::vector<Row> kWayForward = {
    {"Begin", Attempt{}, begin("2.0"), Phase::idle, {Do::admit}},
    {"Admitted", attempt(Phase::idle), Happened::admitted, Phase::idle, {Do::download}},
    {"Downloaded",
     attempt(Phase::idle),
     Happened::downloaded,
     Phase::downloaded,
     {report(InstallState::downloaded), Do::stage}},
    {"Staged",
     attempt(Phase::downloaded),
     Happened::staged,
     Phase::staged,
     {report(InstallState::verified), Do::ask_again}},
    {"Wanted",
     attempt(Phase::staged),
     Happened::wanted,
     Phase::applying,
     {report(InstallState::applying), Do::switch_over}},
    {"Unwanted", attempt(Phase::staged), Happened::unwanted, Phase::staged, {}},
    {"Pointed",
     attempt(Phase::applying),
     Happened::switched,
     Phase::committed,
     {Record{.makes_current = true}, Do::check_health}},
    {"Healthy",
     attempt(Phase::committed),
     Healthy{},
     Phase::confirmed,
     {Record{.report = InstallState::installed, .confirms = true}}},
};

const std::vector<Row> kWayBack = {
    {"Begin", attempt(Phase::confirmed), begin("1.0", Move::rollback), Phase::idle, {Do::admit}},
    {"Admitted", attempt(Phase::idle, Move::rollback), Happened::admitted, Phase::idle, {Do::verify_kept}},
    {"Verified", attempt(Phase::idle, Move::rollback), Happened::staged, Phase::applying, {Record{}, Do::switch_over}},
    {"Pointed",
     attempt(Phase::applying, Move::rollback),
     Happened::switched,
     Phase::committed,
     {Record{.makes_current = true}, Do::check_health}},
    {"Healthy",
     attempt(Phase::committed, Move::rollback),
     Healthy{},
     Phase::confirmed,
     {Record{.report = InstallState::rolled_back, .detail = "the version in use is now 2.0", .confirms = true}}},
    {"FailureChangesNothing",
     attempt(Phase::idle, Move::rollback),
     failed(ErrorCode::integrity),
     Phase::idle,
     {Stop{{ErrorCode::integrity, "why"}}}},
};

const std::vector<Row> kAfterACrash = {
    {"IdleStays", Attempt{}, Started{}, Phase::idle, {}},
    {"StagedStays", attempt(Phase::staged), Started{}, Phase::staged, {}},
    {"ApplyingBeforeThePointer", attempt(Phase::applying), Started{false}, Phase::applying, {}},
    {"ApplyingAfterThePointer", attempt(Phase::applying), Started{true}, Phase::applying, {Do::switch_over}},
    {"RollbackAfterThePointer",
     attempt(Phase::applying, Move::rollback),
     Started{true},
     Phase::applying,
     {Do::switch_over}},
    {"Committed", attempt(Phase::committed), Started{true}, Phase::committed, {Record{}, Do::check_health}},
    {"CommittedTooOften",
     tried(attempt(Phase::committed), kTrials),
     Started{true},
     Phase::reverting,
     {report(InstallState::failed, "its check was begun 2 times and never ended"), Do::go_back}},
    {"Reverting", attempt(Phase::reverting), Started{true}, Phase::reverting, {Do::go_back}},
    {"RevertedStays", attempt(Phase::reverted), Started{true}, Phase::reverted, {}},
    {"HeldStays", attempt(Phase::held), Started{true}, Phase::held, {}},
    {"RevertingIsFinishedFirst", attempt(Phase::reverting), begin("3.0"), Phase::reverting, {}},
    {"RevertedStartsAfresh", attempt(Phase::reverted), begin("2.0"), Phase::idle, {Do::admit}},
    {"ConfirmedStays", attempt(Phase::confirmed), Started{true}, Phase::confirmed, {}},
    {"StagedContinues", attempt(Phase::staged), begin("2.0"), Phase::staged, {Do::admit}},
    {"DownloadedIsReportedOnce", attempt(Phase::staged), Happened::downloaded, Phase::staged, {Do::stage}},
    {"StagedIsReportedOnce", attempt(Phase::applying), Happened::staged, Phase::applying, {Do::ask_again}},
    {"WantedIsReportedOnce", attempt(Phase::applying), Happened::wanted, Phase::applying, {Do::switch_over}},
    {"AnotherTargetStartsAfresh", attempt(Phase::staged), begin("3.0"), Phase::idle, {Do::admit}},
    {"CommittedIsFinishedFirst", attempt(Phase::committed), begin("3.0"), Phase::committed, {}},
    {"TheSameOnceMoreStartsAfresh", attempt(Phase::confirmed), begin("2.0"), Phase::idle, {Do::admit}},
};

const std::vector<Row> kFailures = {
    {"NetworkIsNotReported",
     attempt(Phase::idle),
     failed(ErrorCode::network),
     Phase::idle,
     {Stop{{ErrorCode::network, "why"}}}},
    {"FullDiskIsReported",
     attempt(Phase::downloaded),
     failed(ErrorCode::disk_full),
     Phase::downloaded,
     {report(InstallState::failed, "why"), Stop{{ErrorCode::disk_full, "why"}}}},
    {"WrongContentIsRejected",
     attempt(Phase::idle),
     failed(ErrorCode::integrity),
     Phase::idle,
     {report(InstallState::rejected, "why"), Stop{{ErrorCode::integrity, "why"}}}},
    {"BelowTheFloorIsRejected",
     attempt(Phase::idle),
     failed(ErrorCode::rollback),
     Phase::idle,
     {report(InstallState::rejected, "why"), Stop{{ErrorCode::rollback, "why"}}}},
    {"AfterTheCommitPointItIsTriedAgain",
     attempt(Phase::applying),
     failed(ErrorCode::storage, true),
     Phase::applying,
     {Do::switch_over}},
    {"TwiceAfterTheCommitPointGoesBack",
     tried(attempt(Phase::applying), 1),
     failed(ErrorCode::storage, true),
     Phase::reverting,
     {report(InstallState::failed, "why"), Do::go_back}},
    {"PointerThatStayedIsReported",
     attempt(Phase::applying),
     failed(ErrorCode::storage, false),
     Phase::applying,
     {report(InstallState::failed, "why"), Stop{{ErrorCode::storage, "why"}}}},
    {"UnhealthyGoesBack",
     attempt(Phase::committed),
     failed(ErrorCode::integrity, true),
     Phase::reverting,
     {report(InstallState::failed, "why"), Do::go_back}},
    {"UnhealthyRollbackGoesForward",
     attempt(Phase::committed, Move::rollback),
     failed(ErrorCode::integrity, true),
     Phase::reverting,
     {Record{}, Do::go_back}},
    {"ACheckThatCouldNotReadIsTriedAgain",
     tried(attempt(Phase::committed), 1),
     failed(ErrorCode::storage, true),
     Phase::committed,
     {Stop{{ErrorCode::storage, "why"}}}},
    {"ButNotForEver",
     tried(attempt(Phase::committed), kTrials),
     failed(ErrorCode::storage, true),
     Phase::reverting,
     {report(InstallState::failed, "why"), Do::go_back}},
    {"GoingBackIsTriedAgain",
     attempt(Phase::reverting),
     failed(ErrorCode::disk_full, true),
     Phase::reverting,
     {Stop{{ErrorCode::disk_full, "why"}}}},
};

const std::string kHeld =
    "this install is held, because version 2.0 could not be taken back: why. Call the vendor's support; after it was "
    "looked at, kip-updater resume tries again (its --help says what else it can do)";

const std::vector<Row> kGoingBack = {
    {"GoneBack",
     failed_before(attempt(Phase::reverting), InstallState::failed),
     Happened::gone_back,
     Phase::reverted,
     {Record{.report = InstallState::rolled_back,
             .detail = "by itself, version 1.0 is in use again: why",
             .takes_back = true},
      Stop{{ErrorCode::integrity, "version 2.0 was taken back, version 1.0 is in use again: why"}}}},
    {"WhatIsNeededForItIsGone",
     attempt(Phase::reverting),
     failed(ErrorCode::integrity),
     Phase::held,
     {report(InstallState::held, "why"), Stop{{ErrorCode::conflict, kHeld}}}},
    {"HeldTakesNothingNew",
     failed_before(attempt(Phase::held), InstallState::held),
     begin("3.0"),
     Phase::held,
     {Stop{{ErrorCode::conflict, kHeld}}}},
    {"Resumed", attempt(Phase::held), Resume{}, Phase::reverting, {Record{}, Do::go_back}},
    {"HeldAgainForTheSameReasonIsNoNews",
     failed_before(attempt(Phase::reverting), InstallState::held),
     failed(ErrorCode::integrity),
     Phase::held,
     {Record{}, Stop{{ErrorCode::conflict, kHeld}}}},
    {"Kept", attempt(Phase::held), Resume{.keeps = true}, Phase::committed, {Record{}, Do::check_health}},
    {"ResumedWithoutNeed", attempt(Phase::confirmed), Resume{}, Phase::confirmed, {}},
    {"ExceptionsAreNamed",
     attempt(Phase::committed),
     Healthy{{"a.xlsx", "b.xlsx"}},
     Phase::confirmed,
     {Record{.report = InstallState::installed_with_exceptions,
             .detail = "edited here, so the vendor's lie beside them: a.xlsx, b.xlsx",
             .confirms = true}}},
};

const std::vector<Row> kOutOfPlace = {
    {"HealthyBeforePointed", attempt(Phase::applying), Healthy{}, Phase::applying, {}},
    {"PointedBeforeApplying", attempt(Phase::staged), Happened::switched, Phase::staged, {}},
    {"WantedAfterTheEnd", attempt(Phase::confirmed), Happened::wanted, Phase::confirmed, {}},
    {"DownloadedWithoutTarget", Attempt{}, Happened::downloaded, Phase::idle, {}},
};

std::string row_name(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(WayForward, MachineTable, ::testing::ValuesIn(kWayForward), row_name);
INSTANTIATE_TEST_SUITE_P(WayBack, MachineTable, ::testing::ValuesIn(kWayBack), row_name);
INSTANTIATE_TEST_SUITE_P(AfterACrash, MachineTable, ::testing::ValuesIn(kAfterACrash), row_name);
INSTANTIATE_TEST_SUITE_P(Failures, MachineTable, ::testing::ValuesIn(kFailures), row_name);
INSTANTIATE_TEST_SUITE_P(GoingBack, MachineTable, ::testing::ValuesIn(kGoingBack), row_name);
INSTANTIATE_TEST_SUITE_P(OutOfPlace, MachineTable, ::testing::ValuesIn(kOutOfPlace), row_name);

TEST(Machine, ReportsTheSameFailureOnce) {
  const Step first = step(attempt(Phase::downloaded), failed(ErrorCode::disk_full));
  const Step again = step(first.next, failed(ErrorCode::disk_full));
  EXPECT_EQ(again.effects, Effects{(Stop{{ErrorCode::disk_full, "why"}})});
  const Step other = step(again.next, Failed{{ErrorCode::disk_full, "another reason"}, false});
  EXPECT_EQ(other.effects.size(), 2U);
}

TEST(Machine, NumbersAloneMakeNoOtherFailure) {
  const Step first = step(attempt(Phase::downloaded), Failed{{ErrorCode::disk_full, "needs 626824 bytes"}, false});
  const Step again = step(first.next, Failed{{ErrorCode::disk_full, "needs 5000 bytes"}, false});
  EXPECT_EQ(again.effects, Effects{(Stop{{ErrorCode::disk_full, "needs 5000 bytes"}})});
}

TEST(Machine, WhatAPersonTookBackAfterAHoldNamesItsFirstReason) {
  Attempt failing = failed_before(attempt(Phase::reverting), InstallState::failed);
  failing.failure->detail = "the probe failed";
  const Step held = step(failing, Failed{{ErrorCode::integrity, "the databases stay as they are"}, false});
  ASSERT_EQ(held.next.phase, Phase::held);
  const Step gone = step(step(held.next, Resume{}).next, Happened::gone_back);
  EXPECT_EQ(gone.effects,
            (Effects{Record{.report = InstallState::rolled_back,
                            .detail = "by a person, after it was held, version 1.0 is in use again: the probe failed",
                            .takes_back = true},
                     Stop{{ErrorCode::integrity,
                           "version 2.0 was taken back, version 1.0 is in use again: the probe failed"}}}));
}

TEST(Machine, KnowsWhatAnAttemptLeaves) {
  const Step next = step(attempt(Phase::confirmed), begin("3.0"));
  EXPECT_EQ(next.next.from, target("1.0"));
  EXPECT_EQ(next.next.target, target("3.0"));
}

TEST(Recorded, MakesOneVersionCurrentAndConfirmsIt) {
  State state;
  const Instant then = parse_instant("2026-01-01T00:00:00Z").value();
  const Instant now = parse_instant("2026-02-01T00:00:00Z").value();
  state.versions = {{target("1.0"), then, then, true}};
  state.skipped = target("1.5");
  state = recorded(state, attempt(Phase::committed), {.makes_current = true}, now);
  ASSERT_EQ(state.versions.size(), 2U);
  EXPECT_EQ(state.current()->target, target("2.0"));
  EXPECT_EQ(state.current()->confirmed_at, std::nullopt);
  EXPECT_EQ(state.skipped, std::nullopt);
  state = recorded(state, attempt(Phase::confirmed), {.confirms = true}, now);
  EXPECT_EQ(state.current()->confirmed_at, now);
}

TEST(Recorded, TakesBackWhatDidNotPass) {
  State state;
  state.versions = {{target("1.0"), Instant(), Instant(), false}, {target("2.0"), Instant(), {}, true}};
  state = recorded(state, attempt(Phase::reverted), {.takes_back = true}, Instant());
  ASSERT_EQ(state.versions.size(), 1U);
  EXPECT_EQ(state.current()->target, target("1.0"));
  EXPECT_EQ(state.skipped, target("2.0"));
}

TEST(Recorded, SkipsWhatARollbackLeft) {
  const State state = recorded({}, attempt(Phase::committed, Move::rollback), {.makes_current = true}, Instant());
  EXPECT_EQ(state.skipped, target("1.0"));
}

}  // namespace
}  // namespace kip::updater
