#include <client-updater/update/adopt.hpp>
#include <client-updater/update/audit.hpp>
#include <signing/storage/atomic_file.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

/// An enrolled in-place install whose folder somebody has filled before.
class Adopt : public ::testing::Test {
 protected:
  Adopt() {
    KIP_CHECK(world.enrol().has_value());
    world.vendor.release("1.0", kOldForms);
    world.vendor.release("1.1", kNewForms);
  }

  void fill(const Content& content) {
    for (const auto& [name, text] : content) {
      const auto path = world.layout.app() / name;
      KIP_CHECK(make_directories(world.files, path.parent_path(), 0755).has_value());
      KIP_CHECK(replace_file(world.files, path, text, 0644).has_value());
    }
  }
  Result<std::optional<Target>> adopt() {
    KIP_TRY(Install install, world.open());
    return kip::updater::adopt(install, world.narrator);
  }

  World world{LayoutKind::in_place};
};

TEST_F(Adopt, RecognisesAnOlderVersionByItsFiles) {
  fill(kOldForms);
  const auto adopted = adopt();
  ASSERT_THAT(adopted, is_ok());
  ASSERT_TRUE(adopted->has_value());
  EXPECT_EQ((*adopted)->version.str(), "1.0");
  EXPECT_EQ(world.in_use(), "1.0");
  EXPECT_THAT(world.receipts_on("1.0"), ElementsAre("already_installed"));
  Install install = world.open().value();
  EXPECT_EQ(audit(install, world.narrator, false)->damaged(), 0U);
}

TEST_F(Adopt, TouchesNothingAndTheNextUpdateGoesOnFromThere) {
  Content before = kOldForms;
  before["ours.txt"] = "ours";
  fill(before);
  ASSERT_THAT(adopt(), is_ok());
  EXPECT_EQ(world.content(), before);
  ASSERT_THAT(world.update(), is_ok());
  Content after = kNewForms;
  after["ours.txt"] = "ours";
  EXPECT_EQ(world.content(), after);
  ASSERT_THAT(world.rollback(), is_ok());
  EXPECT_EQ(world.content(), before);
}

TEST_F(Adopt, TakesTheNewestThatIsThere) {
  fill(kNewForms);
  EXPECT_EQ((*adopt().value()).version.str(), "1.1");
}

TEST_F(Adopt, AnEditableFileMayHaveBeenRemoved) {
  Content with_settings = kOldForms;
  with_settings["mine.ini"] = "a=1";
  world.vendor.release("1.2", with_settings);
  with_settings.erase("mine.ini");
  fill(with_settings);
  const auto adopted = adopt();
  ASSERT_THAT(adopted, is_ok());
  ASSERT_TRUE(adopted->has_value());
  EXPECT_EQ((*adopted)->version.str(), "1.2");
}

TEST_F(Adopt, SaysWhatRightsWereLostOnTheWay) {
  fill(kOldForms);
  ASSERT_THAT(replace_file(world.files, world.layout.app() / "print.xslt", "same", 0600), is_ok());
  const auto adopted = adopt();
  ASSERT_THAT(adopted, is_ok());
  ASSERT_TRUE(adopted->has_value());
  EXPECT_THAT(world.said, ::testing::Contains(::testing::HasSubstr("have other rights")));
}

TEST_F(Adopt, FindsNothingWhereOneFileDiffers) {
  fill(kOldForms);
  fill({{"print.xslt", "touched"}});
  const auto adopted = adopt();
  ASSERT_THAT(adopted, is_ok());
  EXPECT_FALSE(adopted->has_value());
  EXPECT_THAT(world.said, ::testing::Contains(::testing::AllOf(::testing::StartsWith("version 1.0 is not there whole"),
                                                               ::testing::HasSubstr("print.xslt (another size)"))));
  EXPECT_EQ(world.in_use(), "");
  EXPECT_TRUE(world.files.list_directory(world.layout.staging())->empty());
  EXPECT_TRUE(world.files.list_directory(world.layout.versions())->empty());
  EXPECT_TRUE(world.files.list_directory(world.layout.downloads())->empty());
  ASSERT_THAT(world.update(), is_ok());
  EXPECT_EQ(world.content().at("print.xslt.kip-old"), "touched");
}

TEST_F(Adopt, IsForTheBeginningOnly) {
  fill(kOldForms);
  ASSERT_THAT(adopt(), is_ok());
  EXPECT_THAT(adopt(), fails_with(ErrorCode::conflict, "version 1.0 is in use here"));
}

TEST_F(Adopt, HoldsAtEveryPointOfFailure) {
  for (std::uint64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    World other(LayoutKind::in_place);
    ASSERT_THAT(other.enrol(), is_ok());
    other.vendor.release("1.0", kOldForms);
    for (const auto& [name, text] : kOldForms) {
      const auto path = other.layout.app() / name;
      ASSERT_THAT(make_directories(other.files, path.parent_path(), 0755), is_ok());
      ASSERT_THAT(replace_file(other.files, path, text, 0644), is_ok());
    }
    other.store.before_commit = [&other] { return other.files.sync_directory("/kip"); };
    ASSERT_THAT(other.files.sync_tree("/"), is_ok());
    other.files.fail_from(point, ErrorCode::storage);
    Install install = other.open().value();
    const bool done = kip::updater::adopt(install, other.narrator).has_value();
    other.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    Install again = other.open().value();
    if (other.in_use().empty()) {
      ASSERT_THAT(kip::updater::adopt(again, other.narrator), is_ok());
    }
    EXPECT_EQ(other.in_use(), "1.0");
    EXPECT_EQ(audit(again, other.narrator, false)->damaged(), 0U);
    EXPECT_THAT(other.receipts_on("1.0"), ElementsAre("already_installed"));
    if (done) break;
  }
}

TEST(AdoptVersioned, IsRefused) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  Install install = world.open().value();
  EXPECT_THAT(adopt(install, world.narrator), fails_with(ErrorCode::conflict, "in-place"));
}

}  // namespace
}  // namespace kip::updater
