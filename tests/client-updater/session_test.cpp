#include <gtest/gtest.h>

#include <client-updater/app/session.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;
using Access = Session::Access;

class SessionTest : public ::testing::Test {
 protected:
  testing::TemporaryDirectory parent;
  std::filesystem::path folder = parent.path() / "install";

  Arguments arguments() const {
    Arguments out;
    out.folder = folder;
    return out;
  }
};

TEST_F(SessionTest, MakesTheFolderOnlyWhereAsked) {
  EXPECT_THAT(Session::open(arguments(), Access::exclusive), fails_with(ErrorCode::not_found, "enroll"));
  EXPECT_THAT(Session::open(arguments(), Access::look), fails_with(ErrorCode::not_found, "enroll"));
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_THAT(Session::open(arguments(), Access::create), is_ok());
  EXPECT_TRUE(std::filesystem::exists(folder / "state" / "updater.sqlite"));
  const auto mode = std::filesystem::status(folder / "state").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

TEST_F(SessionTest, AllowsOneAtWorkAndOthersToLook) {
  const auto first = Session::open(arguments(), Access::create);
  ASSERT_THAT(first, is_ok());
  EXPECT_THAT(Session::open(arguments(), Access::exclusive), fails_with(ErrorCode::busy, "lock"));
  EXPECT_THAT(Session::open(arguments(), Access::create), fails_with(ErrorCode::busy));
  EXPECT_THAT(Session::open(arguments(), Access::look), is_ok());
}

TEST_F(SessionTest, GivesTheFolderFreeAtItsEnd) {
  ASSERT_THAT(Session::open(arguments(), Access::create), is_ok());
  EXPECT_THAT(Session::open(arguments(), Access::exclusive), is_ok());
}

}  // namespace
}  // namespace kip::updater
