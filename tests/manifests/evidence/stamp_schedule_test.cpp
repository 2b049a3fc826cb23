#include <gtest/gtest.h>

#include <manifests/evidence/stamp_schedule.hpp>

namespace kip {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kNow = parse_instant("2025-11-03T12:00:00Z").value();

bool is_due(std::chrono::milliseconds since_last, bool news = false, std::vector<Instant> dues = {}) {
  return is_stamp_due({kNow - since_last, news, std::move(dues)}, kNow);
}

TEST(StampSchedule, BeginsAtOnceAndGoesOnDaily) {
  EXPECT_TRUE(is_stamp_due({}, kNow));
  EXPECT_FALSE(is_due(hours(24) - seconds(1)));
  EXPECT_TRUE(is_due(hours(24)));
}

TEST(StampSchedule, NewsIsStampedAtOnceButNotEverySecond) {
  EXPECT_FALSE(is_due(seconds(14), true));
  EXPECT_TRUE(is_due(seconds(15), true));
}

TEST(StampSchedule, EachLimitIsStampedTwiceBeforeAndOnceAfter) {
  for (const minutes offset : {minutes(-60), minutes(-5), minutes(1)}) {
    const Instant due = kNow - offset;  // so that it is time just now
    EXPECT_TRUE(is_due(minutes(2), false, {due})) << offset.count();
    EXPECT_FALSE(is_due(minutes(2), false, {due + seconds(1)})) << offset.count() << ": a second too early";
    EXPECT_FALSE(is_due(seconds(0), false, {due})) << offset.count() << ": done already";
  }
  EXPECT_TRUE(is_due(hours(3), false, {kNow - hours(2)})) << "missed while the server was away";
}

TEST(StampSchedule, AClockThatWasPutBackDoesNotStopIt) {
  EXPECT_TRUE(is_due(-hours(1)));
}

}  // namespace
}  // namespace kip
