// An install without a network, served by files.
#include <client-updater/update/bundle.hpp>
#include <testing/bundles.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using testing::make_bundle;
using testing::request_for;
using testing::take_in_present;

constexpr const char* kBundle = "/forms.kpo";

class Bundle : public ::testing::Test {
 protected:
  Bundle() : world_(world_with_old_forms()) {
    release_ = world_->vendor.release("1.1", kNewForms);
    world_->vendor.paths.clear();
  }

  testing::TufRepository& repository() { return world_->vendor.repository; }
  BundleRequest request() { return request_for(repository(), world_->clock.now()); }
  void make(
      const std::function<void(BundleContent&)>& edit = [](BundleContent&) {}, const Signer* signer = nullptr) {
    static_cast<void>(world_->files.remove(kBundle));
    ASSERT_THAT(make_bundle(world_->files, kBundle, repository(), request(), edit, signer), is_ok());
  }
  Result<BundleResult> apply(bool again = false) {
    return apply_bundle(world_->ports(), world_->layout, world_->narrator, {kBundle, again});
  }
  /// Refused, and nothing of it is remembered.
  void expect_refused(ErrorCode code, const std::string& words) {
    const auto before = metadata();
    EXPECT_THAT(apply(), fails_with(code, words));
    EXPECT_EQ(world_->in_use(), "1.0");
    EXPECT_EQ(world_->content(), kOldForms);
    EXPECT_EQ(metadata(), before);
    EXPECT_THAT(world_->vendor.paths, IsEmpty());
  }
  std::map<std::string, Bytes> metadata() {
    std::map<std::string, Bytes> out;
    for (const std::string& name : world_->files.list_directory(world_->layout.metadata()).value())
      out[name] = read_file(world_->files, world_->layout.metadata() / name, 8U << 20U).value();
    return out;
  }

  std::unique_ptr<World> world_;
  std::optional<Release> release_;
};

TEST_F(Bundle, InstallsWithoutANetwork) {
  make();
  world_->vendor.down = true;
  const auto result = apply();
  ASSERT_THAT(result, is_ok());
  EXPECT_TRUE(result->update.installed);
  EXPECT_EQ(world_->content(), kNewForms);
  EXPECT_EQ(world_->in_use(), "1.1");
  EXPECT_THAT(world_->vendor.paths, IsEmpty());
  EXPECT_EQ(world_->store.counts()->pending, 4);
  EXPECT_THAT(world_->said, ::testing::Contains(HasSubstr("a stop that the vendor ordered later is not in it")));
  EXPECT_EQ(apply()->update.offer.kind, OfferKind::up_to_date);
}

TEST_F(Bundle, InstallsWhereTheOnlineRolesHaveExpiredMeanwhile) {
  make();
  world_->advance(std::chrono::days(29));
  EXPECT_TRUE(apply()->update.installed);
}

TEST_F(Bundle, TheNextOnlineCheckTakesNoExpiredMetadata) {
  make();
  world_->advance(std::chrono::days(29));
  ASSERT_TRUE(apply()->update.installed);
  EXPECT_THAT(world_->check(), fails_with(ErrorCode::expired, "timestamp"));
}

TEST_F(Bundle, SaysSinceWhenItIsTooOld) {
  make();
  world_->advance(std::chrono::days(33));
  expect_refused(ErrorCode::expired, "good until 2026-01-31T01:00:00Z, that is 3 days ago");
}

TEST_F(Bundle, IsTooOldWhereTheOfficersMetadataHasExpired) {
  repository().offline_life = std::chrono::hours(24 * 20);
  world_->vendor.roll_out(*release_);
  const Instant until = world_->clock.now() + std::chrono::days(30);
  make([until](BundleContent& content) { content.statement.valid_until = until; });
  world_->advance(std::chrono::days(21));
  expect_refused(ErrorCode::expired, "ask the vendor for a new one: product-forms");
}

TEST_F(Bundle, CannotBeMadeOfOnlineRolesThatHadExpired) {
  world_->advance(std::chrono::hours(20));
  make();
  const Instant later = world_->clock.now() + std::chrono::hours(5);
  make([later](BundleContent& content) { content.statement.created_at = later; });
  world_->advance(std::chrono::hours(6));
  expect_refused(ErrorCode::expired, "timestamp");
}

TEST_F(Bundle, OlderThanWhatIsKnownIsRefused) {
  make();
  world_->vendor.release("1.2", kOldForms);
  ASSERT_THAT(world_->check(), is_ok());
  world_->vendor.paths.clear();
  expect_refused(ErrorCode::rollback, "knows of a later state");
}

TEST_F(Bundle, OlderThanALaterBundleIsRefused) {
  make();
  const Bytes first = read_file(world_->files, kBundle, 8U << 20U).value();
  world_->advance(std::chrono::hours(1));
  world_->vendor.release("1.2", kOldForms);
  make();
  ASSERT_TRUE(apply()->update.installed);
  ASSERT_THAT(replace_file(world_->files, kBundle, first, 0644), is_ok());
  EXPECT_THAT(apply(), fails_with(ErrorCode::rollback, "use the later bundle"));
  EXPECT_EQ(world_->in_use(), "1.2");
}

TEST_F(Bundle, AClockBeforeTheBundleIsWrongAndByHowMuch) {
  world_->advance(std::chrono::days(10));
  repository().set_now(world_->clock.now());
  repository().renew();
  make();
  world_->clock.advance(-std::chrono::days(5));
  expect_refused(ErrorCode::conflict, "clock is wrong");
  EXPECT_THAT(apply(), fails_with(ErrorCode::conflict, "at least 5 days behind"));
  world_->clock.advance(std::chrono::days(5));
  EXPECT_TRUE(apply()->update.installed);
}

TEST_F(Bundle, AClockBeforeTheLastCheckIsWrong) {
  world_->advance(std::chrono::days(5));
  world_->vendor.roll_out(*release_);
  ASSERT_THAT(world_->check(), is_ok());
  world_->vendor.paths.clear();
  const Instant by_another_clock = world_->clock.now() - std::chrono::days(1);
  make([by_another_clock](BundleContent& content) { content.statement.created_at = by_another_clock; });
  world_->clock.advance(-std::chrono::hours(3));
  expect_refused(ErrorCode::conflict,
                 "has seen the vendor's releases on 2026-01-06T01:00:00Z, so it is at least 3 hours");
  world_->clock.advance(std::chrono::hours(3) - std::chrono::minutes(5));
  EXPECT_TRUE(apply()->update.installed) << "a few minutes are no fault";
}

TEST_F(Bundle, AClockThatWasAheadDoesNotBindLaterBundles) {
  make();
  world_->clock.advance(std::chrono::days(25));
  ASSERT_TRUE(apply()->update.installed);
  world_->clock.advance(-std::chrono::days(24));
  EXPECT_EQ(apply()->update.offer.kind, OfferKind::up_to_date);
}

TEST_F(Bundle, OneThatWasHandedOverNeedNotBeInTheFirstPercents) {
  world_->vendor.roll_out(*release_, 0);
  ASSERT_EQ(world_->check()->kind, OfferKind::not_yet);
  make();
  EXPECT_TRUE(apply()->update.installed);
}

TEST_F(Bundle, APausedRolloutIsNotInstalled) {
  make([this](BundleContent& content) {
    world_->vendor.roll_out(*release_, 100, true);
    take_in_present(repository(), content);
  });
  EXPECT_EQ(apply()->update.offer.kind, OfferKind::paused);
  EXPECT_EQ(world_->in_use(), "1.0");
}

TEST_F(Bundle, ARevokedVersionIsNotInstalled) {
  make([this](BundleContent& content) {
    release_->revoked["1.1"] = "wrong formula in B01-DN";
    repository().change_release(*release_);
    world_->vendor.roll_out(*release_);
    take_in_present(repository(), content);
  });
  EXPECT_THAT(apply(), fails_with(ErrorCode::rollback, "wrong formula in B01-DN"));
  EXPECT_EQ(world_->in_use(), "1.0");
  EXPECT_THAT(world_->receipts_on("1.1"), ElementsAre("rejected"));
}

TEST_F(Bundle, AVersionBelowTheFloorIsNotInstalled) {
  make([this](BundleContent& content) {
    release_->floor = Version::parse("1.2").value();
    repository().change_release(*release_);
    world_->vendor.roll_out(*release_);
    take_in_present(repository(), content);
  });
  EXPECT_THAT(apply(), fails_with(ErrorCode::rollback, "floor 1.2"));
  EXPECT_EQ(world_->in_use(), "1.0");
}

TEST_F(Bundle, OfAnotherVendorOrProductIsRefused) {
  make([](BundleContent& content) { content.statement.tenant = TenantId::parse("other").value(); });
  expect_refused(ErrorCode::conflict, "from the vendor other");
  make([](BundleContent& content) { content.statement.product = ProductId::parse("payroll").value(); });
  expect_refused(ErrorCode::conflict, "for the product payroll");
}

TEST_F(Bundle, OfAnotherVendorWithTheSameNameIsRefused) {
  FakeVendor other(world_->clock.now());
  other.release("1.1", kNewForms);
  ASSERT_THAT(make_bundle(world_->files, kBundle, other.repository, request_for(other.repository, world_->clock.now())),
              is_ok());
  expect_refused(ErrorCode::signature, "not hold what the vendor signed");
}

TEST_F(Bundle, OnlyAnOfficersStatementCounts) {
  const Signer stranger = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  make([](BundleContent&) {}, &stranger);
  expect_refused(ErrorCode::signature, "none of the product's officers");
}

TEST_F(Bundle, AStatementAboutAnotherVersionIsRefused) {
  make([](BundleContent& content) { content.statement.version = Version::parse("1.2").value(); });
  expect_refused(ErrorCode::integrity, "names version 1.2");
  make([](BundleContent& content) { content.statement.manifest = sha256("another package"); });
  expect_refused(ErrorCode::integrity, "another content");
}

TEST_F(Bundle, AStatementAboutOtherMetadataIsRefused) {
  make([](BundleContent& content) { content.statement.timestamp = sha256("another timestamp"); });
  expect_refused(ErrorCode::integrity, "about other metadata");
}

TEST_F(Bundle, WithoutAFileThatItNeedsIsNotWhole) {
  make([](BundleContent& content) {
    std::erase_if(content.files, [](const auto& file) { return file.first.ends_with(".snapshot.json"); });
  });
  expect_refused(ErrorCode::malformed, "not whole");
}

TEST_F(Bundle, WithOneByteChangedAnywhereItInstallsNothing) {
  make();
  const Bytes whole = read_file(world_->files, kBundle, 8U << 20U).value();
  const auto before = metadata();
  for (std::size_t at = 0; at < whole.size(); at += 211) {
    Bytes changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    ASSERT_THAT(replace_file(world_->files, kBundle, changed, 0644), is_ok());
    ASSERT_FALSE(apply()) << at;
    ASSERT_EQ(world_->in_use(), "1.0");
    ASSERT_EQ(metadata(), before) << at;
  }
  ASSERT_THAT(replace_file(world_->files, kBundle, whole, 0644), is_ok());
  EXPECT_TRUE(apply()->update.installed);
}

TEST_F(Bundle, WithADeltaInThePlaceOfThePackage) {
  world_->vendor.add_delta("1.0", kOldForms, "1.1", kNewForms);
  BundleRequest wanted = request();
  wanted.from = Version::parse("1.0").value();
  ASSERT_THAT(make_bundle(world_->files, kBundle, repository(), wanted), is_ok());
  const auto result = apply();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(world_->content(), kNewForms);
  EXPECT_TRUE(result->update.fetched->by_delta);
}

TEST_F(Bundle, ADeltaForAnotherVersionSaysWhatToAskFor) {
  world_->vendor.release("0.9", kNewForms);
  world_->vendor.add_delta("0.9", kNewForms, "1.1", kNewForms);
  BundleRequest wanted = request();
  wanted.from = Version::parse("0.9").value();
  ASSERT_THAT(make_bundle(world_->files, kBundle, repository(), wanted), is_ok());
  EXPECT_THAT(apply(), fails_with(ErrorCode::not_found, "a bundle with the whole package"));
  EXPECT_EQ(world_->in_use(), "1.0");
}

TEST_F(Bundle, AVersionThatWasLeftComesBackOnlyOnDemand) {
  make();
  ASSERT_TRUE(apply()->update.installed);
  ASSERT_THAT(world_->rollback(), is_ok());
  EXPECT_EQ(apply()->update.offer.kind, OfferKind::skipped);
  EXPECT_TRUE(apply(true)->update.installed);
}

TEST_F(Bundle, StoppedAtAnyPointTheNextApplyEndsInstalledOnce) {
  std::size_t finished_later = 0;
  for (std::uint64_t n = 1;; ++n) {
    const auto world = world_with_old_forms();
    world->vendor.release("1.1", kNewForms);
    ASSERT_THAT(make_bundle(world->files, kBundle, world->vendor.repository,
                            request_for(world->vendor.repository, world->clock.now())),
                is_ok());
    world->vendor.down = true;
    const BundleOrder order{kBundle};
    world->store.before_commit = [&world] { return world->files.sync_directory("/kip"); };
    ASSERT_THAT(world->files.sync_tree("/"), is_ok());
    world->files.fail_from(n, ErrorCode::storage);
    const bool done = apply_bundle(world->ports(), world->layout, world->narrator, order).has_value();
    world->files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    SCOPED_TRACE(::testing::Message() << "stopped at point " << n);
    ASSERT_THAT(apply_bundle(world->ports(), world->layout, world->narrator, order), is_ok());
    ASSERT_EQ(world->content(), kNewForms);
    ASSERT_EQ(world->in_use(), "1.1");
    world->vendor.down = false;
    ASSERT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
    finished_later += static_cast<std::size_t>(std::count(
        world->said.begin(), world->said.end(), "version 1.1 is in use now: what had been interrupted is finished"));
    if (done) break;
  }
  EXPECT_GT(finished_later, 0U);
}

TEST_F(Bundle, OnePassingFaultDoesNotWasteADelta) {
  for (std::uint64_t n = 1;; ++n) {
    const auto world = world_with_old_forms();
    world->vendor.release("1.1", kNewForms);
    world->vendor.add_delta("1.0", kOldForms, "1.1", kNewForms);
    BundleRequest wanted = request_for(world->vendor.repository, world->clock.now());
    wanted.from = Version::parse("1.0").value();
    ASSERT_THAT(make_bundle(world->files, kBundle, world->vendor.repository, wanted), is_ok());
    world->files.fail_once(n, ErrorCode::storage);
    const bool done = apply_bundle(world->ports(), world->layout, world->narrator, {kBundle}).has_value();
    SCOPED_TRACE(::testing::Message() << "failed at point " << n);
    ASSERT_THAT(apply_bundle(world->ports(), world->layout, world->narrator, {kBundle}), is_ok());
    ASSERT_EQ(world->content(), kNewForms);
    ASSERT_EQ(world->in_use(), "1.1");
    if (done) return;
  }
}

TEST_F(Bundle, BringsBackWhatIsMissingWithoutANetwork) {
  make();
  world_->vendor.down = true;
  ASSERT_TRUE(apply()->update.installed);
  ASSERT_THAT(world_->files.remove(world_->tree() / kNewForms.begin()->first), is_ok());
  Install install = world_->open().value();
  const auto repaired = repair_by_bundle(install, world_->narrator, kBundle);
  ASSERT_THAT(repaired, is_ok());
  EXPECT_FALSE(repaired->not_repaired);
  EXPECT_EQ(repaired->repaired, 1U);
  EXPECT_EQ(world_->content(), kNewForms);
  EXPECT_THAT(world_->vendor.paths, IsEmpty());
}

TEST_F(Bundle, InspectSaysWhatItClaimsToBe) {
  make();
  const auto claims = inspect_bundle(world_->files, kBundle);
  ASSERT_THAT(claims, is_ok());
  EXPECT_EQ(claims->statement.version.str(), "1.1");
  EXPECT_EQ(claims->index.entries.size(), 9U);
}

}  // namespace
}  // namespace kip::updater
