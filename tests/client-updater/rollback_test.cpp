#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

Version version(std::string_view text) {
  return Version::parse(text).value();
}

std::unique_ptr<World> world_with_new_forms() {
  auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  KIP_CHECK(world->update().has_value());
  world->advance(std::chrono::hours(1));
  return world;
}

TEST(Rollback, BringsTheVersionBeforeBackAndReportsIt) {
  const auto world = world_with_new_forms();
  const auto result = world->rollback();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->left.version, version("1.1"));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->in_use(), "1.0");
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed", "rolled_back"));
}

TEST(Rollback, WorksWithoutTheVendor) {
  const auto world = world_with_new_forms();
  world->vendor.down = true;
  EXPECT_THAT(world->rollback(version("1.0")), is_ok());
  EXPECT_EQ(world->content(), kOldForms);
}

TEST(Rollback, IsNotUndoneByTheNextUpdate) {
  const auto world = world_with_new_forms();
  ASSERT_THAT(world->rollback(), is_ok());
  const auto result = world->update();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->offer.kind, OfferKind::skipped);
  EXPECT_EQ(world->content(), kOldForms);
}

TEST(Rollback, IsUndoneWhereAPersonAsksForIt) {
  const auto world = world_with_new_forms();
  ASSERT_THAT(world->rollback(), is_ok());
  EXPECT_TRUE(world->update(true)->installed);
  EXPECT_EQ(world->content(), kNewForms);
  EXPECT_EQ(world->update()->offer.kind, OfferKind::up_to_date);
}

TEST(Rollback, EndsWithANewerRelease) {
  const auto world = world_with_new_forms();
  ASSERT_THAT(world->rollback(), is_ok());
  world->vendor.release("1.2", {{"a.xml", "newest"}});
  EXPECT_TRUE(world->update()->installed);
  EXPECT_EQ(world->in_use(), "1.2");
  EXPECT_EQ(world->store.load()->skipped, std::nullopt);
}

TEST(Rollback, NeedsAKeptVersion) {
  const auto world = world_with_old_forms();
  EXPECT_THAT(world->rollback(), fails_with(ErrorCode::not_found, "no earlier version"));
  EXPECT_THAT(world->rollback(version("0.5")), fails_with(ErrorCode::not_found, "0.5"));
  EXPECT_THAT(world->rollback(version("1.0")), fails_with(ErrorCode::usage, "in use already"));
  EXPECT_THAT(world->rollback(version("2.0")), fails_with(ErrorCode::usage, "later"));
}

TEST(Rollback, DoesNotGoBelowTheFloor) {
  const auto world = world_with_new_forms();
  Release release = world->vendor.release("1.2", kNewForms);
  release.floor = version("1.1");
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release, 0);
  ASSERT_THAT(world->check(), is_ok());
  EXPECT_THAT(world->rollback(), fails_with(ErrorCode::rollback, "floor 1.1"));
  EXPECT_THAT(world->rollback(version("0.1")), fails_with(ErrorCode::rollback, "floor 1.1"));
  EXPECT_EQ(world->content(), kNewForms);
}

TEST(Rollback, ThatIsTakenBackCanBeAskedForAgain) {
  const Instant then = parse_instant("2026-01-01T00:00:00Z").value();
  const Target earlier{Version::parse("1.0").value(), sha256("1.0")};
  const Target later{Version::parse("1.1").value(), sha256("1.1")};
  Attempt attempt{.move = Move::rollback, .target = earlier, .from = later, .phase = Phase::reverting};
  State state;
  state.versions = {{later, then, then, false}, {earlier, then, {}, true}};
  state = recorded(state, attempt, Record{.takes_back = true}, then);
  ASSERT_EQ(state.versions.size(), 2U);
  EXPECT_EQ(state.current()->target, later);
  EXPECT_EQ(state.versions[1], (InstalledVersion{earlier, then, then, false}));
  attempt.move = Move::install;
  EXPECT_EQ(recorded(state, attempt, Record{.takes_back = true}, then).versions.size(), 1U);
}

TEST(Rollback, DoesNotUseDamagedFiles) {
  const auto world = world_with_new_forms();
  const State state = world->store.load().value();
  const auto file = world->layout.version(state.versions.front().target) / "print.xslt";
  ASSERT_THAT(world->files.remove(file), is_ok());
  const auto output = world->files.open_output(file, OutputMode::create_new, 0644);
  ASSERT_THAT((*output)->write("SAME"), is_ok());
  EXPECT_THAT(world->rollback(), fails_with(ErrorCode::integrity, "print.xslt (another content)"));
  EXPECT_EQ(world->content(), kNewForms);
  EXPECT_EQ(world->store.load()->skipped, std::nullopt);
}

}  // namespace
}  // namespace kip::updater
