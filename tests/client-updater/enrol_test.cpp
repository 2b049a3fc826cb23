#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

TEST(Enrol, MakesAnInstall) {
  World world;
  const auto result = world.enrol();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->already);
  const Enrolment enrolment = *world.store.load()->enrolment;
  EXPECT_EQ(enrolment, result->enrolment);
  EXPECT_EQ(enrolment.install.str(), "01JD0000000000000000000001");
  EXPECT_EQ(enrolment.label, "PC1 kế toán");
  EXPECT_EQ(enrolment.incarnation.size(), 32U);
  EXPECT_EQ(read_file(world.files, "/kip/state/tuf/root.json", 1U << 20U).value(),
            world.vendor.repository.files["metadata/1.root.json"]);
  EXPECT_EQ(world.files.status("/kip/state/install.key")->mode, 0600U);
  EXPECT_EQ(world.files.status("/kip/state")->mode, 0700U);
  EXPECT_EQ(world.files.status("/kip/app")->mode, 0755U);
}

TEST(Enrol, WithTheSameCodeOnceMoreAsksNobody) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  world.vendor.down = true;
  const auto again = world.enrol();
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->already);
}

TEST(Enrol, AskedForAnotherLayoutOnceMoreIsAConflict) {
  World world;
  const EnrolOptions in_place{.label = "PC", .layout = LayoutKind::in_place, .app_folder = "/opt/soft"};
  ASSERT_THAT(enrol(world.ports(), "/kip", world.vendor.code, in_place), is_ok());
  EXPECT_THAT(enrol(world.ports(), "/kip", world.vendor.code, in_place), is_ok());
  EXPECT_THAT(enrol(world.ports(), "/kip", world.vendor.code, {.label = "PC"}), is_ok());
  EnrolOptions other = in_place;
  other.app_folder = "/opt/other";
  EXPECT_THAT(enrol(world.ports(), "/kip", world.vendor.code, other),
              fails_with(ErrorCode::conflict, "--layout in-place --app /opt/soft"));
  EXPECT_THAT(enrol(world.ports(), "/kip", world.vendor.code, {.label = "PC", .layout = LayoutKind::versioned}),
              fails_with(ErrorCode::conflict, "--layout in-place"));
}

TEST(Enrol, KeepsTheFilesApartFromItsOwn) {
  for (const char* folder : {"/kip", "/", "/kip/state", "/kip/state/versions"}) {
    World world;
    EXPECT_THAT(enrol(world.ports(), "/kip", world.vendor.code,
                      {.label = "PC", .layout = LayoutKind::in_place, .app_folder = folder}),
                fails_with(ErrorCode::usage, "updater's own files"))
        << folder;
    EXPECT_TRUE(world.vendor.installs.empty());
  }
  for (const char* folder : {"/kip/files", "/kip/state2", "/kipper", "/opt/kip"})
    EXPECT_THAT(expect_apart("/kip", folder), is_ok()) << folder;
}

TEST(Enrol, WithAnotherCodeIsAConflict) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  EnrolmentCode code = world.vendor.code;
  code.secret = "ffffffffffffffffffffffffffffffff";
  EXPECT_THAT(enrol(world.ports(), "/kip", code, {.label = "PC"}), fails_with(ErrorCode::conflict, "enrolled already"));
}

TEST(Enrol, RetriesWithTheSameKeyWhereTheAnswerWasLost) {
  World world;
  world.store.before_commit = [] { return fail(ErrorCode::storage, "the disk failed"); };
  EXPECT_THAT(world.enrol(), fails_with(ErrorCode::storage));
  world.store.before_commit = [] { return Result<void>(); };
  ASSERT_THAT(world.enrol(), is_ok());
  EXPECT_EQ(world.vendor.installs.size(), 1U);
  EXPECT_FALSE(world.vendor.held);
}

TEST(Enrol, IsHeldWhereTheCodeWasUsedElsewhere) {
  World first;
  ASSERT_THAT(first.enrol(), is_ok());
  MemoryFileSystem files;
  MemoryStateStore store;
  const Ports second{files, first.vendor, store, first.clock, first.random, first.databases, first.machine, {}};
  EXPECT_THAT(enrol(second, "/other", first.vendor.code, {.label = "PC2"}), fails_with(ErrorCode::denied, "new code"));
  EXPECT_FALSE(store.load()->enrolment);
  EXPECT_TRUE(first.vendor.held);
}

TEST(Enrol, RefusesARootThatTheCodeDoesNotName) {
  World world;
  world.vendor.code.root = sha256("another root");
  EXPECT_THAT(world.enrol(), fails_with(ErrorCode::integrity, "not the root"));
  EXPECT_TRUE(world.vendor.installs.empty());
  EXPECT_THAT(world.files.status("/kip"), fails_with(ErrorCode::not_found));
}

TEST(Enrol, TellsAServerThatIsDown) {
  World world;
  world.vendor.down = true;
  EXPECT_THAT(world.enrol(), fails_with(ErrorCode::network, "http://vendor.test/t/an-phat/metadata/1.root.json"));
  EXPECT_THAT(world.open(), fails_with(ErrorCode::not_found, "enroll"));
}

TEST(Enrol, PassesAnUnknownCodeOn) {
  World world;
  EnrolmentCode code = world.vendor.code;
  code.secret = "ffffffffffffffffffffffffffffffff";
  EXPECT_THAT(enrol(world.ports(), "/kip", code, {.label = "PC"}), fails_with(ErrorCode::denied, "not known here"));
}

/// Every mutating call fails once: the next call must always end with one enrolled install and one key.
TEST(Enrol, HoldsAtEveryPointOfFailure) {
  std::uint64_t points = 0;
  for (std::uint64_t n = 1;; ++n) {
    World world;
    world.files.fail_from(n, ErrorCode::storage);
    if (world.enrol()) break;
    points = n;
    world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    ASSERT_THAT(world.enrol(), is_ok()) << "after point " << n;
    EXPECT_EQ(world.vendor.installs.size(), 1U) << "after point " << n;
    EXPECT_FALSE(world.vendor.held) << "after point " << n;
    EXPECT_THAT(world.open(), is_ok()) << "after point " << n;
  }
  EXPECT_GT(points, 10U);
}

}  // namespace
}  // namespace kip::updater
