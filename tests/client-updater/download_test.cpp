#include <gtest/gtest.h>

#include <client-updater/update/download.hpp>
#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

class DownloadTest : public ::testing::Test {
 protected:
  DownloadTest() {
    KIP_CHECK(world.files.make_directory("/d", 0700).has_value());
    world.vendor.repository.files["targets/f"] = content;
  }

  Result<void> run() { return run(content); }
  Result<void> run(const Bytes& expected) {
    const DownloadRequest request{"http://vendor.test/t/an-phat/targets/f", "/d/f", expected.size(), sha256(expected)};
    return download(world.files, world.vendor, request, [this](std::uint64_t done, std::uint64_t) { last = done; });
  }
  Bytes file() { return read_file(world.files, "/d/f", 1U << 20U).value(); }
  void leave(const Bytes& beginning) {
    const auto output = world.files.open_output("/d/f", OutputMode::create_new, 0600);
    KIP_CHECK((*output)->write(beginning).has_value());
  }

  World world;
  Bytes content = "0123456789";
  std::uint64_t last = 0;
};

TEST_F(DownloadTest, BringsTheFile) {
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
  EXPECT_EQ(last, 10U);
}

TEST_F(DownloadTest, AsksNobodyForWhatIsHere) {
  leave(content);
  world.vendor.down = true;
  EXPECT_THAT(run(), is_ok());
}

TEST_F(DownloadTest, GoesOnAfterEachCut) {
  world.vendor.cuts = {3, 4};
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
  EXPECT_EQ(world.vendor.paths.size(), 3U);
}

TEST_F(DownloadTest, KeepsWhatArrivedForTheNextRun) {
  world.vendor.cuts = {3, 0};
  EXPECT_THAT(run(), fails_with(ErrorCode::network));
  EXPECT_EQ(file(), "012");
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
}

TEST_F(DownloadTest, StartsAgainWhereTheServerDoesNotKnowRange) {
  leave("0123");
  world.vendor.knows_range = false;
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
}

TEST_F(DownloadTest, StartsAgainWhereTheBeginningIsDamaged) {
  leave("01XX");
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
}

TEST_F(DownloadTest, StartsAgainWhereTheFileIsTooLong) {
  leave("0123456789 and more");
  ASSERT_THAT(run(), is_ok());
  EXPECT_EQ(file(), content);
}

TEST_F(DownloadTest, RefusesOtherContentAndKeepsNothing) {
  EXPECT_THAT(run("9876543210"), fails_with(ErrorCode::integrity, "not what was signed"));
  EXPECT_THAT(world.files.status("/d/f"), fails_with(ErrorCode::not_found));
}

TEST_F(DownloadTest, RefusesMoreThanWasSigned) {
  EXPECT_THAT(run("01234"), fails_with(ErrorCode::integrity));
}

TEST_F(DownloadTest, RefusesLessThanWasSigned) {
  EXPECT_THAT(run("0123456789abc"), fails_with(ErrorCode::integrity, "10 bytes"));
}

TEST_F(DownloadTest, ReportsAMissingFile) {
  world.vendor.repository.files.erase("targets/f");
  EXPECT_THAT(run(), fails_with(ErrorCode::not_found, "404"));
}

TEST(Download, AsksForNothingWhereTheDiskIsFull) {
  MemoryFileSystem files(4);
  KIP_CHECK(files.make_directory("/d", 0700).has_value());
  World world;
  const DownloadRequest request{"http://vendor.test/f", "/d/f", 10, sha256("0123456789")};
  EXPECT_THAT(download(files, world.vendor, request, [](auto, auto) {}), fails_with(ErrorCode::disk_full, "10 bytes"));
  EXPECT_TRUE(world.vendor.paths.empty());
}

}  // namespace
}  // namespace kip::updater
