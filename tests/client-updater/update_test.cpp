#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

TEST(Update, InstallsTheFirstRelease) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  world.vendor.release("1.0", kOldForms);
  const auto result = world.update();
  ASSERT_THAT(result, is_ok());
  EXPECT_TRUE(result->installed);
  EXPECT_EQ(world.content(), kOldForms);
  EXPECT_EQ(world.in_use(), "1.0");
  EXPECT_THAT(world.receipts_on("1.0"), ElementsAre("downloaded", "verified", "applying", "installed"));
}

TEST(Update, BringsTheNextReleaseAndKeepsTheOneBefore) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), kNewForms);
  EXPECT_EQ(world->store.load()->versions.size(), 2U);
  EXPECT_EQ(world->files.list_directory("/kip/app/versions")->size(), 2U);
  EXPECT_EQ(world->files.read_pointer("/kip/app/current").value(),
            "versions/1.1-" + release.manifest.hex().substr(0, 8));
}

TEST(Update, KeepsTwoVersionsAndClearsTheRest) {
  const auto world = world_with_old_forms();
  for (const char* version : {"1.1", "1.2", "1.3"}) {
    world->advance(std::chrono::hours(1));
    world->vendor.release(version, {{"a.xml", version}});
    ASSERT_THAT(world->update(), is_ok());
  }
  EXPECT_EQ(world->files.list_directory("/kip/app/versions")->size(), 2U);
  EXPECT_EQ(world->files.list_directory("/kip/state/manifests")->size(), 2U);
  EXPECT_TRUE(world->files.list_directory("/kip/state/downloads")->empty());
  EXPECT_TRUE(world->files.list_directory("/kip/state/staging")->empty());
}

TEST(Update, OfWhatIsCurrentReportsNothing) {
  const auto world = world_with_old_forms();
  const auto again = world->update();
  ASSERT_THAT(again, is_ok());
  EXPECT_FALSE(again->installed);
  EXPECT_EQ(again->offer.kind, OfferKind::up_to_date);
  EXPECT_EQ(world->store.counts()->pending, 0);
}

TEST(Update, AsksForTwoFilesWhereNothingHasChanged) {
  const auto world = world_with_old_forms();
  world->vendor.paths.clear();
  ASSERT_THAT(world->check(), is_ok());
  EXPECT_EQ(world->vendor.paths.at(0), "GET /t/an-phat/metadata/2.root.json");
  EXPECT_EQ(world->vendor.paths.at(1), "GET /t/an-phat/metadata/timestamp.json");
  EXPECT_EQ(world->vendor.paths.size(), 2U);
}

TEST(Check, SaysWhatTheVendorOffersAndChangesNothing) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  const auto result = world->check();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->kind, OfferKind::available);
  EXPECT_EQ(result->release->version.str(), "1.1");
  EXPECT_EQ(result->current->version.str(), "1.0");
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->store.load()->last_check, world->clock.now());
}

TEST(Check, BeforeTheFirstReleaseFindsNothing) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  EXPECT_EQ(world.check()->kind, OfferKind::nothing_published);
  EXPECT_EQ(world.update()->offer.kind, OfferKind::nothing_published);
}

TEST(Update, WaitsWhileTheRolloutIsPaused) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  world->vendor.roll_out(release, 100, true);
  EXPECT_EQ(world->update()->offer.kind, OfferKind::paused);
  EXPECT_EQ(world->in_use(), "1.0");
  world->vendor.roll_out(release);
  EXPECT_TRUE(world->update()->installed);
}

TEST(Update, WaitsForItsTurnInTheRollout) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  world->vendor.roll_out(release, 0);
  EXPECT_EQ(world->update()->offer.kind, OfferKind::not_yet);
  EXPECT_EQ(world->in_use(), "1.0");
}

TEST(Update, NeverGoesBackByItself) {
  const auto world = world_with_old_forms();
  const Release old = world->vendor.release("0.9", {{"a", "b"}});
  EXPECT_EQ(world->update()->offer.kind, OfferKind::older);
  EXPECT_EQ(world->in_use(), "1.0");
}

TEST(Update, ContinuesADownloadThatBrokeOff) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  world->vendor.cuts = {100, 0};
  EXPECT_THAT(world->update(), fails_with(ErrorCode::network));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_TRUE(world->update()->installed);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
}

/// Pauses the rollout as soon as the package was asked for.
void stop_after_download(World& world, const Release& release) {
  world.vendor.before_request = [&world, release, stopped = false](const std::string& path) mutable {
    if (stopped || !path.ends_with(".kpk")) return;
    stopped = true;
    world.vendor.roll_out(release, 100, true);
  };
}

TEST(Update, StopsBeforeItsCommitPointWhereTheVendorStops) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  stop_after_download(*world, release);
  const auto result = world->update();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->installed);
  EXPECT_TRUE(result->stopped_by_vendor);
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified"));
  world->vendor.roll_out(release);
  EXPECT_TRUE(world->update()->installed);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
}

TEST(Update, GoesOnWhereTheVendorCannotBeAskedAgain) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  int asked = 0;
  world->vendor.before_request = [&](const std::string& path) {
    if (path.ends_with("timestamp.json") && ++asked == 2) world->vendor.down = true;
  };
  const auto result = world->update();
  ASSERT_THAT(result, is_ok());
  EXPECT_TRUE(result->installed);
  EXPECT_THAT(world->said.back(), HasSubstr("could not be asked again"));
}

TEST(Update, StopsWhereItsMetadataExpiresMeanwhileAndTheVendorCannotBeAsked) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  int asked = 0;
  world->vendor.before_request = [&](const std::string& path) {
    if (!path.ends_with("timestamp.json") || ++asked != 2) return;
    world->vendor.down = true;
    world->advance(std::chrono::hours(25));
  };
  EXPECT_FALSE(world->update().has_value());
  EXPECT_EQ(world->in_use(), "1.0");
}

TEST(Update, PutsAPointerBackThatSomebodyChanged) {
  const auto world = world_with_old_forms();
  ASSERT_THAT(world->files.write_pointer("/kip/app/current", "versions/elsewhere"), is_ok());
  EXPECT_EQ(world->update()->offer.kind, OfferKind::up_to_date);
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_THAT(world->said.back(), HasSubstr("changed by another hand"));
}

TEST(Update, InstallsAgainWhatSomebodyRemoved) {
  const auto world = world_with_old_forms();
  ASSERT_THAT(world->files.remove_tree("/kip/app/versions"), is_ok());
  ASSERT_THAT(world->files.make_directory("/kip/app/versions", 0755), is_ok());
  ASSERT_THAT(world->files.remove("/kip/app/current"), is_ok());
  EXPECT_TRUE(world->update()->installed);
  EXPECT_EQ(world->content(), kOldForms);
}

TEST(Update, ForgetsNothingWhereADiskIsMissing) {
  const auto world = world_with_old_forms();
  ASSERT_THAT(world->files.rename("/kip/app", "/kip/unmounted"), is_ok());
  EXPECT_THAT(world->update(), fails_with(ErrorCode::not_found, "/kip/app/versions"));
  EXPECT_EQ(world->in_use(), "1.0");
  ASSERT_THAT(world->files.rename("/kip/unmounted", "/kip/app"), is_ok());
  EXPECT_EQ(world->update()->offer.kind, OfferKind::up_to_date);
}

}  // namespace
}  // namespace kip::updater
