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

Failed failed(ErrorCode code, bool pointer_at_target = false) {
  return {{code, "why"}, pointer_at_target};
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
    {"Wanted", attempt(Phase::staged), Happened::wanted, Phase::applying, {report(InstallState::applying), Do::point}},
    {"Unwanted", attempt(Phase::staged), Happened::unwanted, Phase::staged, {}},
    {"Pointed",
     attempt(Phase::applying),
     Happened::pointed,
     Phase::committed,
     {Record{.makes_current = true}, Do::check_health}},
    {"Healthy",
     attempt(Phase::committed),
     Happened::healthy,
     Phase::confirmed,
     {Record{.report = InstallState::installed, .confirms = true}}},
};

const std::vector<Row> kWayBack = {
    {"Begin", attempt(Phase::confirmed), begin("1.0", Move::rollback), Phase::idle, {Do::admit}},
    {"Admitted", attempt(Phase::idle, Move::rollback), Happened::admitted, Phase::idle, {Do::verify_kept}},
    {"Verified", attempt(Phase::idle, Move::rollback), Happened::staged, Phase::applying, {Record{}, Do::point}},
    {"Pointed",
     attempt(Phase::applying, Move::rollback),
     Happened::pointed,
     Phase::committed,
     {Record{.makes_current = true}, Do::check_health}},
    {"Healthy",
     attempt(Phase::committed, Move::rollback),
     Happened::healthy,
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
    {"ApplyingAfterThePointer", attempt(Phase::applying), Started{true}, Phase::applying, {Do::point}},
    {"RollbackAfterThePointer", attempt(Phase::applying, Move::rollback), Started{true}, Phase::applying, {Do::point}},
    {"Committed", attempt(Phase::committed), Started{true}, Phase::committed, {Do::check_health}},
    {"ConfirmedStays", attempt(Phase::confirmed), Started{true}, Phase::confirmed, {}},
    {"StagedContinues", attempt(Phase::staged), begin("2.0"), Phase::staged, {Do::admit}},
    {"DownloadedIsReportedOnce", attempt(Phase::staged), Happened::downloaded, Phase::staged, {Do::stage}},
    {"StagedIsReportedOnce", attempt(Phase::applying), Happened::staged, Phase::applying, {Do::ask_again}},
    {"WantedIsReportedOnce", attempt(Phase::applying), Happened::wanted, Phase::applying, {Do::point}},
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
    {"UnclearPointerIsLeftToTheNextRun",
     attempt(Phase::applying),
     failed(ErrorCode::storage, true),
     Phase::applying,
     {Stop{{ErrorCode::storage, "why"}}}},
    {"PointerThatStayedIsReported",
     attempt(Phase::applying),
     failed(ErrorCode::storage, false),
     Phase::applying,
     {report(InstallState::failed, "why"), Stop{{ErrorCode::storage, "why"}}}},
    {"UnhealthyIsReported",
     attempt(Phase::committed),
     failed(ErrorCode::integrity, true),
     Phase::committed,
     {report(InstallState::failed, "why"), Stop{{ErrorCode::integrity, "why"}}}},
};

const std::vector<Row> kOutOfPlace = {
    {"HealthyBeforePointed", attempt(Phase::applying), Happened::healthy, Phase::applying, {}},
    {"PointedBeforeApplying", attempt(Phase::staged), Happened::pointed, Phase::staged, {}},
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
INSTANTIATE_TEST_SUITE_P(OutOfPlace, MachineTable, ::testing::ValuesIn(kOutOfPlace), row_name);

TEST(Machine, ReportsTheSameFailureOnce) {
  const Step first = step(attempt(Phase::downloaded), failed(ErrorCode::disk_full));
  const Step again = step(first.next, failed(ErrorCode::disk_full));
  EXPECT_EQ(again.effects, Effects{(Stop{{ErrorCode::disk_full, "why"}})});
  const Step other = step(again.next, Failed{{ErrorCode::disk_full, "another reason"}, false});
  EXPECT_EQ(other.effects.size(), 2U);
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

TEST(Recorded, SkipsWhatARollbackLeft) {
  const State state = recorded({}, attempt(Phase::committed, Move::rollback), {.makes_current = true}, Instant());
  EXPECT_EQ(state.skipped, target("1.0"));
}

}  // namespace
}  // namespace kip::updater
