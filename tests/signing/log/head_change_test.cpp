#include <gtest/gtest.h>

#include <signing/log/head_change.hpp>
#include <testing/matchers.hpp>
#include <testing/test_log.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::TestLog;

const TestLog& o() {
  static const TestLog log("updates.example.vn/log/o");
  return log;
}

HeadChange compare(const TreeHead& earlier, const TestLog& log, std::uint64_t size) {
  return compare_heads(earlier, log.head(size), log.nodes()).value();
}

TEST(HeadChange, ALogThatGrowsExtendsEveryEarlierHead) {
  for (std::uint64_t size = 0; size <= 20; ++size) {
    for (std::uint64_t earlier = 0; earlier < size; ++earlier)
      EXPECT_EQ(compare(o().head(earlier), o(), size), HeadChange::extends) << earlier << " " << size;
    EXPECT_EQ(compare(o().head(size), o(), size), HeadChange::same);
    EXPECT_EQ(compare(o().head(size + 1), o(), size), HeadChange::shrunk);
  }
}

TEST(HeadChange, AnotherEntryAmongTheFirstIsAFork) {
  for (std::uint64_t size = 2; size <= 20; ++size) {
    for (std::uint64_t fork = 0; fork < size; ++fork) {
      const TestLog other(o(), fork);
      for (std::uint64_t earlier = 1; earlier <= size; ++earlier) {
        const HeadChange expected = earlier > fork    ? HeadChange::forked
                                    : earlier == size ? HeadChange::same
                                                      : HeadChange::extends;
        EXPECT_EQ(compare(o().head(earlier), other, size), expected) << earlier << " " << fork << " " << size;
      }
    }
  }
}

TEST(HeadChange, TilesThatDoNotLeadToTheLaterRootAreNoFork) {
  const TestLog damaged(o(), 2);  // read instead of the log itself
  for (std::uint64_t earlier = 1; earlier < 20; ++earlier)
    EXPECT_THAT(compare_heads(o().head(earlier), o().head(20), damaged.nodes()), fails_with(ErrorCode::integrity));
}

}  // namespace
}  // namespace kip::tlog
