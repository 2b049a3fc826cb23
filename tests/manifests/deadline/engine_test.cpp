#include <gtest/gtest.h>

#include <manifests/deadline/engine.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/zones.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::FixedZone;
using testing::is_ok;

const Calendar& vietnam() {
  static const Calendar kCalendar = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/VN.json")).value();
  return kCalendar;
}

Result<Deadline> compute(const char* start, int amount, PeriodUnit unit, const char* rule = "VN-CIVIL-2015") {
  KIP_TRY(const Period period, Period::create(amount, unit));
  return compute_deadline(
      {.rule = rule, .calendar = vietnam(), .trigger_date = parse_date(start).value(), .period = period}, FixedZone());
}

struct Row {
  const char* name;
  const char* start;
  int amount;
  PeriodUnit unit;
  const char* raw_last;
  const char* last;
};

class PeriodInUnits : public ::testing::TestWithParam<Row> {};

TEST_P(PeriodInUnits, EndsOnTheCorrespondingDay) {
  const Row& row = GetParam();
  const auto deadline = compute(row.start, row.amount, row.unit);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->raw_last_day), row.raw_last);
  EXPECT_EQ(format_date(deadline->last_day), row.last);
}

INSTANTIATE_TEST_SUITE_P(
    Units, PeriodInUnits,
    ::testing::Values(Row{"one_day", "2025-10-27", 1, PeriodUnit::day, "2025-10-28", "2025-10-28"},
                      Row{"one_week_is_seven_days", "2025-10-27", 1, PeriodUnit::week, "2025-11-03", "2025-11-03"},
                      Row{"two_weeks_to_saturday", "2025-05-24", 2, PeriodUnit::week, "2025-06-07", "2025-06-09"},
                      Row{"one_month", "2025-10-27", 1, PeriodUnit::month, "2025-11-27", "2025-11-27"},
                      Row{"month_end_clamps", "2025-03-31", 1, PeriodUnit::month, "2025-04-30", "2025-05-05"},
                      Row{"to_february", "2025-11-30", 3, PeriodUnit::month, "2026-02-28", "2026-03-02"},
                      Row{"to_leap_february", "2024-01-31", 1, PeriodUnit::month, "2024-02-29", "2024-02-29"},
                      Row{"over_the_year", "2024-12-15", 13, PeriodUnit::month, "2026-01-15", "2026-01-15"},
                      Row{"one_year", "2025-03-05", 1, PeriodUnit::year, "2026-03-05", "2026-03-05"},
                      Row{"leap_day_clamps", "2024-02-29", 1, PeriodUnit::year, "2025-02-28", "2025-02-28"}),
    [](const auto& row) { return row.param.name; });

TEST(DeadlineEngine, DueIsTheLocalMidnightAfterTheLastDayAndInTimeIsStrictlyBefore) {
  const auto deadline = compute("2025-10-27", 7, PeriodUnit::day);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_instant(deadline->due), "2025-11-03T17:00:00Z");
  EXPECT_TRUE(is_in_time(deadline->due - std::chrono::milliseconds(1), deadline->due));
  EXPECT_FALSE(is_in_time(deadline->due, deadline->due));
}

TEST(DeadlineEngine, LiteralRuleNeverMoves) {
  const auto deadline = compute("2025-05-31", 7, PeriodUnit::day, "LITERAL");
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->last_day), "2025-06-07");
  EXPECT_EQ(deadline->raw_last_day, deadline->last_day);
  const auto far = compute("2030-05-31", 7, PeriodUnit::day, "LITERAL");
  EXPECT_TRUE(far->warnings.empty()) << "no calendar was asked";
}

TEST(DeadlineEngine, RecordsWhatTheResultRestsOn) {
  const auto deadline = compute("2025-10-27", 7, PeriodUnit::day);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(deadline->record, (DeadlineRecord{"VN-CIVIL-2015", "VN", vietnam().version(), CalendarProfile::all_rows,
                                              "Asia/Ho_Chi_Minh", std::chrono::hours(7), "2025b"}));
  EXPECT_TRUE(deadline->warnings.empty());
}

TEST(DeadlineEngine, OutsideCoverageSaysSoAndStillCountsWeekendsAndFixedHolidays) {
  // Sunday 30 April 2028 and Monday 1 May are holidays on fixed dates; that the law makes up for the first is not
  // known.
  const auto deadline = compute("2028-04-23", 7, PeriodUnit::day);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->last_day), "2028-05-02");
  ASSERT_EQ(deadline->warnings.size(), 1U);
  EXPECT_EQ(
      deadline->warnings[0],
      (DeadlineWarning{
          "outside-coverage",
          {{"date", "2028-04-30"}, {"calendar", vietnam().version()}, {"from", "2024-01-01"}, {"to", "2026-12-31"}}}));
}

TEST(DeadlineEngine, ProvisionalDaysCountWhatTheLawFixesAndSaySo) {
  // Friday 30 April 2027, Saturday 1 May, and Monday 3 May, which the Labour Code gives for the Saturday.
  const auto deadline = compute("2027-04-23", 7, PeriodUnit::day);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->last_day), "2027-05-04");
  ASSERT_EQ(deadline->warnings.size(), 1U);
  EXPECT_EQ(
      deadline->warnings[0],
      (DeadlineWarning{
          "provisional-calendar",
          {{"date", "2027-04-30"}, {"calendar", vietnam().version()}, {"from", "2027-01-01"}, {"to", "2027-12-31"}}}));
}

TEST(DeadlineEngine, OnlyTheMoveMayLeaveTheCoverage) {
  EXPECT_TRUE(compute("2026-12-24", 7, PeriodUnit::day)->warnings.empty());
  EXPECT_EQ(compute("2026-12-25", 7, PeriodUnit::day)->warnings.size(), 1U);
}

TEST(DeadlineEngine, WarnsOfADayThatIsOnlyProposed) {
  const auto deadline = compute("2026-11-16", 7, PeriodUnit::day);
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->last_day), "2026-11-23");
  ASSERT_EQ(deadline->warnings.size(), 1U);
  EXPECT_EQ(deadline->warnings[0].code, "unconfirmed-day");
}

TEST(DeadlineEngine, WarnsWhereTheZoneDatabaseHasNoVersion) {
  const auto deadline = compute_deadline({.rule = "LITERAL",
                                          .calendar = vietnam(),
                                          .trigger_date = *parse_date("2025-10-27"),
                                          .period = *Period::create(7, PeriodUnit::day)},
                                         FixedZone("Asia/Ho_Chi_Minh", std::chrono::hours(7), "unknown"));
  ASSERT_THAT(deadline, is_ok());
  ASSERT_EQ(deadline->warnings.size(), 1U);
  EXPECT_EQ(deadline->warnings[0].code, "zone-version-unknown");
}

TEST(DeadlineEngine, RefusesWhatItCannotCompute) {
  EXPECT_THAT(compute("2025-10-27", 7, PeriodUnit::day, "VN-CIVIL-1995"),
              fails_with(ErrorCode::not_found, "CN-CIVIL, EU-1182-71, HU-CONTRACT, LITERAL, VN-CIVIL-2015"));
  EXPECT_THAT(compute("1969-12-31", 7, PeriodUnit::day), fails_with(ErrorCode::malformed, "1969-12-31"));
  EXPECT_THAT(compute("3000-01-01", 7, PeriodUnit::day), fails_with(ErrorCode::malformed, "1970 to 2999"));
  const auto elsewhere = compute_deadline({.rule = "LITERAL",
                                           .calendar = vietnam(),
                                           .trigger_date = *parse_date("2025-10-27"),
                                           .period = *Period::create(7, PeriodUnit::day)},
                                          FixedZone("Europe/Budapest"));
  EXPECT_THAT(elsewhere, fails_with(ErrorCode::not_found, "Asia/Ho_Chi_Minh"));
}

TEST(DeadlineEngine, RefusesACalendarWithoutAWorkingDay) {
  Calendar::Parts parts{.country = "VN",
                        .version = "1",
                        .timezone = "Asia/Ho_Chi_Minh",
                        .weekend = {},
                        .coverage = {*parse_date("2025-01-01"), *parse_date("2026-12-31")},
                        .rows = {},
                        .unconfirmed = {},
                        .fixed = {}};
  for (LegalDate date = parts.coverage.from; date <= parts.coverage.to; date += std::chrono::days(1)) {
    parts.rows.push_back({.date = date, .name = "closed", .for_date = {}});
  }
  const Calendar closed = Calendar::create(parts).value();
  const auto deadline = compute_deadline({.rule = "VN-CIVIL-2015",
                                          .calendar = closed,
                                          .trigger_date = *parse_date("2025-01-01"),
                                          .period = *Period::create(7, PeriodUnit::day)},
                                         FixedZone());
  EXPECT_THAT(deadline, fails_with(ErrorCode::malformed, "no working day"));
}

TEST(Period, HasBoundsForEachUnit) {
  const std::pair<PeriodUnit, int> bounds[] = {{PeriodUnit::day, 3660},
                                               {PeriodUnit::working_day, 3660},
                                               {PeriodUnit::week, 522},
                                               {PeriodUnit::month, 120},
                                               {PeriodUnit::year, 10},
                                               {PeriodUnit::hour, 87'840},
                                               {PeriodUnit::working_hour, 87'840},
                                               {PeriodUnit::minute, 5'270'400}};
  for (const auto& [unit, most] : bounds) {
    EXPECT_THAT(Period::create(1, unit), is_ok());
    EXPECT_THAT(Period::create(most, unit), is_ok());
    EXPECT_THAT(Period::create(0, unit), fails_with(ErrorCode::malformed, "allowed are 1 to"));
    EXPECT_THAT(Period::create(most + 1, unit), fails_with(ErrorCode::malformed, std::to_string(most)));
    EXPECT_THAT(Period::create(-1, unit), fails_with(ErrorCode::malformed));
  }
}

}  // namespace
}  // namespace kip
