#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::IsEmpty;

void flip(Bytes& bytes, std::size_t at) {
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
}

/// After a refusal: the old forms are in use as before, nothing lies about.
void expect_unchanged(World& world) {
  EXPECT_EQ(world.content(), kOldForms);
  EXPECT_EQ(world.in_use(), "1.0");
  EXPECT_EQ(world.files.list_directory("/kip/app/versions")->size(), 1U);
}

TEST(Refusal, OfAPackageWithOneByteChanged) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  Bytes& package = world->vendor.repository.files.at(
      world->vendor.repository.target_file(release_target_path(release.product, release.version)));
  flip(package, package.size() / 2);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "not what was signed"));
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity));
  expect_unchanged(*world);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("rejected"));  // once, however often it is tried
  flip(package, package.size() / 2);
  EXPECT_TRUE(world->update()->installed);
}

TEST(Refusal, OfAnotherPackageUnderTheSignedName) {
  const auto world = world_with_old_forms();
  TestPackage other = make_package(world->vendor.code.product, "1.2", kNewForms);
  Release release = other.release;
  release.version = Version::parse("1.1").value();
  world->vendor.repository.add_release(release, other.bytes);
  world->vendor.roll_out(release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "signed it as forms 1.1"));
  expect_unchanged(*world);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "rejected"));
}

TEST(Refusal, OfAPackageWithAnotherManifestThanSigned) {
  const auto world = world_with_old_forms();
  const TestPackage signed_one = make_package(world->vendor.code.product, "1.1", kNewForms);
  const TestPackage other = make_package(world->vendor.code.product, "1.1", kOldForms);
  world->vendor.repository.add_release(signed_one.release, other.bytes);
  world->vendor.roll_out(signed_one.release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "identity"));
  expect_unchanged(*world);
}

TEST(Refusal, OfMetadataOfAnOlderVersion) {
  const auto world = world_with_old_forms();
  const Bytes old = world->vendor.repository.files.at("metadata/timestamp.json");
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->check(), is_ok());
  world->vendor.repository.files.at("metadata/timestamp.json") = old;
  EXPECT_THAT(world->update(), fails_with(ErrorCode::rollback, "was seen before"));
  expect_unchanged(*world);
}

TEST(Refusal, OfAReleaseThatOneOfficerSignedAlone) {
  const auto world = world_with_old_forms();
  world->vendor.repository.officers = 1;
  world->vendor.release("1.1", kNewForms);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::signature, "signed by 1 of the 2"));
  expect_unchanged(*world);
  world->vendor.repository.officers = 2;
  world->vendor.repository.publish();
  EXPECT_TRUE(world->update()->installed);
}

TEST(Refusal, OfExpiredMetadata) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  world->advance(std::chrono::hours(25));
  EXPECT_THAT(world->update(), fails_with(ErrorCode::expired, "timestamp"));
  expect_unchanged(*world);
  world->vendor.repository.set_now(world->clock.now());
  world->vendor.repository.renew();
  EXPECT_TRUE(world->update()->installed);
}

TEST(Refusal, OfARolloutWithOneByteChanged) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  Bytes& rollout = world->vendor.repository.files.at(world->vendor.repository.target_file("rollouts/forms.json"));
  flip(rollout, rollout.size() - 2);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "rollouts/forms.json"));
  expect_unchanged(*world);
}

TEST(Refusal, OfAReleaseThatNoOfficerSigned) {
  const auto world = world_with_old_forms();
  Release release = make_package(world->vendor.code.product, "6.6", kNewForms).release;
  world->vendor.roll_out(release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::not_found, "not signed"));
  expect_unchanged(*world);
}

TEST(Refusal, OfAVersionBelowTheFloor) {
  const auto world = world_with_old_forms();
  Release release = world->vendor.release("1.1", kNewForms);
  release.floor = Version::parse("1.2").value();
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::rollback, "floor 1.2"));
  expect_unchanged(*world);
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("rejected"));
  EXPECT_FALSE(world->check()->warning.empty());
}

TEST(Refusal, RemembersTheFloorWhereItIsTakenBack) {
  const auto world = world_with_old_forms();
  Release release = world->vendor.release("1.1", kNewForms);
  release.floor = Version::parse("1.2").value();
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release);
  ASSERT_THAT(world->check(), is_ok());
  release.floor.reset();
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::rollback, "floor 1.2"));
}

TEST(Refusal, OfARevokedVersion) {
  const auto world = world_with_old_forms();
  Release release = world->vendor.release("1.1", kNewForms);
  release.revoked["1.1"] = "wrong formula in B01-DN";
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::rollback, "wrong formula in B01-DN"));
  expect_unchanged(*world);
}

TEST(Refusal, OfAReleaseThatDoesNotFollow) {
  const auto world = world_with_old_forms();
  TestPackage package = make_package(world->vendor.code.product, "3.0", kNewForms, {Version::parse("2.0").value()});
  world->vendor.repository.add_release(package.release, package.bytes);
  world->vendor.roll_out(package.release);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "does not follow version 1.0"));
  expect_unchanged(*world);
  EXPECT_THAT(world->receipts_on("3.0"), ElementsAre("downloaded", "failed"));
}

TEST(Refusal, OfAVendorThatIsDownReportsNothing) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  world->vendor.down = true;
  EXPECT_THAT(world->update(), fails_with(ErrorCode::network));
  world->vendor.down = false;
  expect_unchanged(*world);
  EXPECT_THAT(world->receipts_on("1.1"), IsEmpty());
}

TEST(Refusal, OfAFullDiskSaysSoAndGoesOnLater) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  world.vendor.release("1.0", kOldForms);
  world.files.fail_once(9, ErrorCode::disk_full);
  EXPECT_THAT(world.update(), fails_with(ErrorCode::disk_full));
  EXPECT_EQ(world.in_use(), "");
  EXPECT_TRUE(world.update()->installed);
}

}  // namespace
}  // namespace kip::updater
