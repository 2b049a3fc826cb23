#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include <client-updater/platform/posix/local_time.hpp>
#include <client-updater/update/schedule.hpp>
#include <testing/matchers.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;

LocalMoment at(std::chrono::weekday day, int hour, int minute = 0, unsigned of_month = 5) {
  return {day, of_month, std::chrono::minutes(hour * 60 + minute)};
}

TEST(WeeklyTimes, IncludeTheirBeginningAndNotTheirEnd) {
  const WeeklyTimes times = WeeklyTimes::parse("mon-fri 12:00-13:30").value();
  EXPECT_FALSE(times.includes(at(std::chrono::Monday, 11, 59)));
  EXPECT_TRUE(times.includes(at(std::chrono::Monday, 12)));
  EXPECT_TRUE(times.includes(at(std::chrono::Friday, 13, 29)));
  EXPECT_FALSE(times.includes(at(std::chrono::Friday, 13, 30)));
  EXPECT_FALSE(times.includes(at(std::chrono::Saturday, 12)));
}

TEST(WeeklyTimes, MayGoPastMidnightFromTheDayOnWhichTheyBegin) {
  const WeeklyTimes times = WeeklyTimes::parse("Fri 22:00-06:00").value();
  EXPECT_TRUE(times.includes(at(std::chrono::Friday, 23)));
  EXPECT_TRUE(times.includes(at(std::chrono::Saturday, 5, 59)));
  EXPECT_FALSE(times.includes(at(std::chrono::Saturday, 6)));
  EXPECT_FALSE(times.includes(at(std::chrono::Friday, 5)));
  EXPECT_FALSE(times.includes(at(std::chrono::Saturday, 23)));
}

TEST(WeeklyTimes, AreSeveral) {
  const WeeklyTimes times = WeeklyTimes::parse("sat-sun 00:00-24:00, 12:00-13:00, fri-mon 20:00-21:00").value();
  EXPECT_TRUE(times.includes(at(std::chrono::Sunday, 23, 59)));
  EXPECT_TRUE(times.includes(at(std::chrono::Wednesday, 12, 30)));
  EXPECT_TRUE(times.includes(at(std::chrono::Monday, 20, 30)));
  EXPECT_FALSE(times.includes(at(std::chrono::Tuesday, 20, 30)));
  EXPECT_TRUE(WeeklyTimes::parse(" ").value().empty());
}

TEST(WeeklyTimes, RefuseWhatIsNoTime) {
  for (const char* text : {"12:00", "12-13", "25:00-26:00", "12:60-13:00", "24:30-01:00", "12:00-12:00", "24:00-01:00",
                           "mo 12:00-13:00", "mon- 12:00-13:00", "mon tue 12:00-13:00", "12:00-13:00;", "1:00-02:00"}) {
    EXPECT_THAT(WeeklyTimes::parse(text), fails_with(ErrorCode::malformed, "mon-fri")) << text;
  }
}

TEST(MonthDays, AreNumbersAndSpans) {
  const MonthDays days = MonthDays::parse("18-20, 30").value();
  EXPECT_TRUE(days.includes(18) && days.includes(20) && days.includes(30));
  EXPECT_FALSE(days.includes(17) || days.includes(21) || days.includes(31));
  for (const char* text : {"0", "32", "20-18", "x", "1-", "-3", "1--2", "001"})
    EXPECT_THAT(MonthDays::parse(text), fails_with(ErrorCode::malformed, "18-20, 30")) << text;
}

class WaitsFor : public ::testing::Test {
 protected:
  Waiting ask(const LocalMoment& local) const {
    return waits_for(schedule, local, deferral, *Version::parse("1.1"), now);
  }
  Instant now = *parse_instant("2026-01-05T05:00:00Z");
  Schedule schedule{*WeeklyTimes::parse("19:00-23:00"), {}, *MonthDays::parse("18-20")};
  std::optional<Deferral> deferral;
};

TEST_F(WaitsFor, AWindowAndADayWithoutFiling) {
  EXPECT_EQ(ask(at(std::chrono::Monday, 20)), Waiting::nothing);
  EXPECT_EQ(ask(at(std::chrono::Monday, 18)), Waiting::window);
  EXPECT_EQ(ask(at(std::chrono::Monday, 20, 0, 19)), Waiting::filing_day);
  schedule.windows = {};
  EXPECT_EQ(ask(at(std::chrono::Monday, 18)), Waiting::nothing);
}

TEST_F(WaitsFor, TheEndOfADeferralOfThatVersion) {
  deferral = {*Version::parse("1.1"), now + std::chrono::hours(1), "closing the year"};
  EXPECT_EQ(ask(at(std::chrono::Monday, 20)), Waiting::deferred);
  now += std::chrono::hours(1);
  EXPECT_EQ(ask(at(std::chrono::Monday, 20)), Waiting::nothing);
  deferral = {*Version::parse("1.0"), now + std::chrono::hours(1), "another one"};
  EXPECT_EQ(ask(at(std::chrono::Monday, 20)), Waiting::nothing);
}

/// Sets the zone of this process, and puts it back.
class LocalZone : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* const before = std::getenv("TZ"); before != nullptr) before_ = before;
  }
  void TearDown() override { before_ ? set(*before_) : unset(); }
  static void set(const std::string& zone) {
    ::setenv("TZ", zone.c_str(), 1);
    ::tzset();
  }
  static void unset() {
    ::unsetenv("TZ");
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(LocalZone, ADayBeginsAtItsOwnMidnight) {
  const LegalDate day = parse_date("2026-01-31").value();
  set("Asia/Ho_Chi_Minh");
  EXPECT_EQ(format_instant(start_of_local_day(day)), "2026-01-30T17:00:00Z");
  set("America/New_York");
  EXPECT_EQ(format_instant(start_of_local_day(day)), "2026-01-31T05:00:00Z");
  EXPECT_EQ(format_instant(start_of_local_day(parse_date("2026-07-01").value())), "2026-07-01T04:00:00Z");
  set("UTC");
  EXPECT_EQ(format_instant(start_of_local_day(day)), "2026-01-31T00:00:00Z");
}

}  // namespace
}  // namespace kip::updater
