#include <gtest/gtest.h>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/explain.hpp>
#include <testing/matchers.hpp>
#include <testing/replay.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;
using Blocks = std::vector<const char*>;

constexpr auto kPublic = CalendarProfile::all_rows;
constexpr auto kStatutory = CalendarProfile::statutory;

const CalendarBook& calendars() {
  static const CalendarBook kBook = CalendarBook::built_in();
  return kBook;
}

const ZoneDatabase& zones() {
  static const auto kZones = system_zone_database();
  return *kZones;
}

std::optional<OfficeHours> office(const Blocks& texts) {
  std::vector<OfficeBlock> blocks;
  for (const char* text : texts)
    blocks.push_back(parse_office_block(text).value());
  if (blocks.empty()) return std::nullopt;
  return OfficeHours::create(blocks).value();
}

/// Worked by hand, each from the words of its clock.
struct Row {
  const char* name;
  const char* country;
  CalendarProfile profile;
  const char* at;
  int amount;
  PeriodUnit unit;
  ClockPolicy clock;
  Blocks office;
  const char* due;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

Result<Deadline> compute(const Row& row, const char* rule) {
  return compute_clock_deadline({.rule = rule,
                                 .calendar = *calendars().find(row.country).value(),
                                 .profile = row.profile,
                                 .at = parse_instant(row.at).value(),
                                 .period = Period::create(row.amount, row.unit).value(),
                                 .clock = row.clock,
                                 .office = office(row.office)},
                                zones());
}

class ClockCase : public ::testing::TestWithParam<Row> {};

TEST_P(ClockCase, EndsWhereTheHandEnds) {
  const Row& row = GetParam();
  const auto deadline = compute(row, rule_of(row.country).value()->id.c_str());
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_instant(deadline->due), row.due);
  EXPECT_TRUE(deadline->by_clock);
  EXPECT_EQ(deadline->record.clock, to_string(row.clock));
  const testing::Replayed replayed = testing::replay(deadline->steps);
  EXPECT_EQ(replayed.fault, "");
  EXPECT_EQ(replayed.due, deadline->due);
}

constexpr auto kHour = PeriodUnit::hour;
constexpr auto kWorkingHour = PeriodUnit::working_hour;
constexpr auto kMinute = PeriodUnit::minute;
constexpr auto kElapsed = ClockPolicy::elapsed;
constexpr auto kSkipHolidays = ClockPolicy::skip_statutory_holidays;
constexpr auto kSkipRest = ClockPolicy::skip_non_working_days;
constexpr auto kWorking = ClockPolicy::working_hours;
constexpr auto kIntake = ClockPolicy::intake_then_elapsed;
constexpr auto kIntakeLawful = ClockPolicy::intake_then_skip_statutory_holidays;
constexpr auto kDuty = ClockPolicy::duty_hours;
const Blocks kDay = {"08:00-12:00", "13:00-17:00"};
const Blocks kLongDay = {"09:00-12:00", "13:30-17:30"};

std::string name_of(const ::testing::TestParamInfo<Row>& row) {
  return row.param.name;
}

// Around 30 April 2025: Fri 25 April, Sat 26 worked for Fri 2 May (public only), Wed 30 and Thu 1 May holidays.
INSTANTIATE_TEST_SUITE_P(
    VietNam, ClockCase,
    ::testing::Values(
        Row{"elapsed", "VN", kPublic, "2025-04-25T16:30:00+07:00", 4, kHour, kElapsed, {}, "2025-04-25T13:30:00Z"},
        Row{"elapsed_over_holidays",
            "VN",
            kPublic,
            "2025-04-29T16:30:00+07:00",
            48,
            kHour,
            kElapsed,
            {},
            "2025-05-01T09:30:00Z"},
        // Half an hour on Friday, the exchanged Saturday from 08:00 to 11:30.
        Row{"working", "VN", kPublic, "2025-04-25T16:30:00+07:00", 4, kHour, kWorking, kDay, "2025-04-26T04:30:00Z"},
        Row{"working_statutory", "VN", kStatutory, "2025-04-25T16:30:00+07:00", 4, kWorkingHour, kWorking, kDay,
            "2025-04-28T04:30:00Z"},
        // From lunch: the afternoon, and due when the office closes, not when it opens again.
        Row{"working_up_to_closing", "VN", kPublic, "2025-05-05T12:30:00+07:00", 4, kHour, kWorking, kDay,
            "2025-05-05T10:00:00Z"},
        Row{"working_from_closing", "VN", kPublic, "2025-05-05T17:00:00+07:00", 1, kHour, kWorking, kDay,
            "2025-05-06T02:00:00Z"},
        Row{"minutes_over_lunch", "VN", kPublic, "2025-04-25T11:50:00+07:00", 30, kMinute, kWorking, kDay,
            "2025-04-25T06:20:00Z"},
        Row{"seconds", "VN", kPublic, "2025-04-25T16:59:30+07:00", 1, kMinute, kWorking, kDay, "2025-04-26T01:00:30Z"},
        // 7:30 h of Tuesday; Wed to Sun stand still; 16:30 h of Monday.
        Row{"rest_days", "VN", kPublic, "2025-04-29T16:30:00+07:00", 24, kHour, kSkipRest, {}, "2025-05-05T09:30:00Z"},
        Row{"rest_days_statutory",
            "VN",
            kStatutory,
            "2025-04-29T16:30:00+07:00",
            24,
            kHour,
            kSkipRest,
            {},
            "2025-05-02T09:30:00Z"},
        // Friday 2 May is exchanged, no holiday by law: in both profiles it counts.
        Row{"holidays",
            "VN",
            kPublic,
            "2025-04-29T16:30:00+07:00",
            24,
            kHour,
            kSkipHolidays,
            {},
            "2025-05-02T09:30:00Z"},
        Row{"holidays_not_weekends",
            "VN",
            kPublic,
            "2025-05-09T10:00:00+07:00",
            48,
            kHour,
            kSkipHolidays,
            {},
            "2025-05-11T03:00:00Z"},
        // Sunday 26 April 2026 is Hùng Kings' day, Monday the day off for it.
        Row{"holidays_made_up_for",
            "VN",
            kPublic,
            "2026-04-25T12:00:00+07:00",
            24,
            kHour,
            kSkipHolidays,
            {},
            "2026-04-28T05:00:00Z"},
        Row{"starts_on_a_holiday",
            "VN",
            kPublic,
            "2025-04-30T10:00:00+07:00",
            2,
            kHour,
            kSkipHolidays,
            {},
            "2025-05-01T19:00:00Z"},
        // All of Friday: due with its end, although nothing counts before Monday.
        Row{"up_to_midnight",
            "VN",
            kPublic,
            "2025-05-09T00:00:00+07:00",
            24,
            kHour,
            kSkipRest,
            {},
            "2025-05-09T17:00:00Z"},
        Row{"intake_on_saturday", "VN", kPublic, "2025-05-10T09:00:00+07:00", 24, kHour, kIntake, kDay,
            "2025-05-13T01:00:00Z"},
        Row{"intake_at_once", "VN", kPublic, "2025-05-12T10:00:00+07:00", 24, kHour, kIntake, kDay,
            "2025-05-13T03:00:00Z"},
        Row{"intake_at_lunch", "VN", kPublic, "2025-05-12T12:15:00+07:00", 24, kHour, kIntake, kDay,
            "2025-05-13T06:00:00Z"},
        Row{"intake_at_closing", "VN", kPublic, "2025-05-12T17:00:00+07:00", 24, kHour, kIntake, kDay,
            "2025-05-14T01:00:00Z"},
        // Once taken in, the clock runs through the holiday.
        Row{"intake_before_holidays", "VN", kPublic, "2025-04-29T15:00:00+07:00", 24, kHour, kIntake, kDay,
            "2025-04-30T08:00:00Z"},
        Row{"intake_on_tet", "VN", kPublic, "2026-02-17T09:00:00+07:00", 24, kHour, kIntake, kDay,
            "2026-02-24T01:00:00Z"},
        // 7:30 h of Tuesday; Wed and Thu stand still; 16:30 h of Friday, which is exchanged and no holiday by law.
        Row{"intake_then_holidays", "VN", kPublic, "2025-04-29T16:30:00+07:00", 24, kHour, kIntakeLawful, kDay,
            "2025-05-02T09:30:00Z"},
        // Too late on Tuesday: by the public calendar the office opens on Monday, by the law's own on Friday.
        Row{"intake_after_holidays", "VN", kPublic, "2025-04-29T18:00:00+07:00", 24, kHour, kIntakeLawful, kDay,
            "2025-05-06T01:00:00Z"},
        Row{"intake_after_holidays_statutory", "VN", kStatutory, "2025-04-29T18:00:00+07:00", 24, kHour, kIntakeLawful,
            kDay, "2025-05-03T01:00:00Z"},
        Row{"duty_on_saturday", "VN", kPublic, "2025-05-10T09:00:00+07:00", 4, kWorkingHour, kDuty, kDay,
            "2025-05-10T07:00:00Z"},
        // One hour of the holiday Wed 30 April, three of the holiday Thu 1 May.
        Row{"duty_on_holidays", "VN", kPublic, "2025-04-30T16:00:00+07:00", 4, kHour, kDuty, kDay,
            "2025-05-01T04:00:00Z"},
        Row{"office_past_midnight",
            "VN",
            kPublic,
            "2025-05-09T23:00:00+07:00",
            2,
            kHour,
            kWorking,
            {"22:00-24:00", "00:00-06:00"},
            "2025-05-11T18:00:00Z"}),
    name_of);

// Clocks go forward on Sun 29 March 2026 at 02:00, back on Sun 27 October 2024 and Sun 26 October 2025 at 03:00.
INSTANTIATE_TEST_SUITE_P(
    Hungary, ClockCase,
    ::testing::Values(
        Row{"spring", "HU", kPublic, "2026-03-28T20:00:00+01:00", 24, kHour, kElapsed, {}, "2026-03-29T19:00:00Z"},
        Row{"autumn", "HU", kPublic, "2025-10-25T20:00:00+02:00", 24, kHour, kElapsed, {}, "2025-10-26T18:00:00Z"},
        // The hour from 02:00 to 03:00 comes twice and counts twice.
        Row{"within_the_hour_that_comes_twice",
            "HU",
            kPublic,
            "2025-10-26T02:30:00+02:00",
            1,
            kHour,
            kElapsed,
            {},
            "2025-10-26T01:30:00Z"},
        // Two hours of Saturday, 22 of a Sunday that has 23.
        Row{"short_day",
            "HU",
            kPublic,
            "2026-03-28T22:00:00+01:00",
            24,
            kHour,
            kSkipHolidays,
            {},
            "2026-03-29T21:00:00Z"},
        // Four hours of Friday; the weekend with its change stands still; four of Monday.
        Row{"change_on_a_rest_day",
            "HU",
            kPublic,
            "2024-10-25T20:00:00+02:00",
            8,
            kHour,
            kSkipRest,
            {},
            "2024-10-28T03:00:00Z"},
        Row{"office_after_the_change",
            "HU",
            kPublic,
            "2024-10-25T15:00:00+02:00",
            2,
            kHour,
            kWorking,
            {"08:00-16:00"},
            "2024-10-28T08:00:00Z"},
        // Sat 10 January 2026 is worked for Fri 2 January.
        Row{"exchanged",
            "HU",
            kPublic,
            "2026-01-09T15:00:00+01:00",
            2,
            kWorkingHour,
            kWorking,
            {"08:00-16:00"},
            "2026-01-10T08:00:00Z"},
        Row{"exchanged_statutory",
            "HU",
            kStatutory,
            "2026-01-09T15:00:00+01:00",
            2,
            kWorkingHour,
            kWorking,
            {"08:00-16:00"},
            "2026-01-12T08:00:00Z"}),
    name_of);

// National Day 2025: 1 to 8 October off, Sat 11 October worked.
INSTANTIATE_TEST_SUITE_P(
    China, ClockCase,
    ::testing::Values(Row{"over_national_day", "CN", kPublic, "2025-09-30T15:00:00+08:00", 4, kHour, kWorking, kLongDay,
                          "2025-10-09T02:30:00Z"},
                      Row{"worked_saturday", "CN", kPublic, "2025-10-10T17:00:00+08:00", 2, kHour, kWorking, kLongDay,
                          "2025-10-11T02:30:00Z"},
                      Row{"worked_saturday_statutory", "CN", kStatutory, "2025-10-10T17:00:00+08:00", 2, kHour,
                          kWorking, kLongDay, "2025-10-13T02:30:00Z"},
                      // 1 to 3 and 6 October are holidays by law, 4, 5, 7 and 8 only in the schedule: they count.
                      Row{"holidays_by_law",
                          "CN",
                          kPublic,
                          "2025-10-03T12:00:00+08:00",
                          60,
                          kHour,
                          kSkipHolidays,
                          {},
                          "2025-10-07T04:00:00Z"}),
    name_of);

// Art. 3(1): the hour of the event does not count. Brussels is an hour ahead of UTC in winter.
INSTANTIATE_TEST_SUITE_P(
    Union, ClockCase,
    ::testing::Values(
        Row{"within_an_hour", "EU", kPublic, "2025-10-27T10:20:00Z", 7, kHour, kElapsed, {}, "2025-10-27T18:00:00Z"},
        Row{"on_the_hour", "EU", kPublic, "2025-10-27T10:00:00Z", 1, kHour, kElapsed, {}, "2025-10-27T12:00:00Z"},
        Row{"over_a_weekend", "EU", kPublic, "2025-10-31T22:59:59Z", 72, kHour, kElapsed, {}, "2025-11-03T23:00:00Z"},
        Row{"minutes", "EU", kPublic, "2025-10-27T10:20:00Z", 30, kMinute, kElapsed, {}, "2025-10-27T10:50:00Z"}),
    name_of);

Row request(ClockPolicy clock, Blocks blocks = {}) {
  return {"", "VN", kPublic, "2025-04-25T16:30:00+07:00", 4, kHour, clock, std::move(blocks), ""};
}

TEST(Clock, RefusesWhatDoesNotGoTogether) {
  EXPECT_THAT(compute(request(kWorking), "LITERAL"), fails_with(ErrorCode::malformed, "needs office hours"));
  EXPECT_THAT(compute(request(kIntake), "LITERAL"), fails_with(ErrorCode::malformed, "needs office hours"));
  Row row = request(kElapsed);
  row.unit = kWorkingHour;
  EXPECT_THAT(compute(row, "LITERAL"), fails_with(ErrorCode::malformed, "not \"elapsed\""));
  row.unit = PeriodUnit::day;
  EXPECT_THAT(compute(row, "LITERAL"), fails_with(ErrorCode::malformed, "from a date"));
  row = request(kElapsed);
  row.at = "3000-01-01T00:00:00Z";
  EXPECT_THAT(compute(row, "LITERAL"), fails_with(ErrorCode::malformed, "1970 to 2999"));
}

TEST(Clock, GivesUpAfterAHundredYears) {
  Row row = request(kWorking, {"08:00-08:01"});
  row.amount = 87'840;
  EXPECT_THAT(compute(row, "LITERAL"), fails_with(ErrorCode::malformed, "a hundred years"));
}

TEST(Clock, WarnsOfTheDaysItLookedAtAndOfNoOthers) {
  Row row = request(kSkipRest);
  row.at = "2026-12-30T12:00:00+07:00";
  EXPECT_TRUE(compute(row, "LITERAL")->warnings.empty());
  row.amount = 40;
  const auto outside = compute(row, "LITERAL");
  ASSERT_EQ(outside->warnings.size(), 1U);
  EXPECT_EQ(outside->warnings[0].code, "provisional-calendar");
  row.clock = kElapsed;
  EXPECT_TRUE(compute(row, "LITERAL")->warnings.empty()) << "no calendar was asked";
}

TEST(Clock, ALongWayIsExplainedInFewSteps) {
  Row row = request(kWorking, kDay);
  row.amount = 2000;
  const auto deadline = compute(row, "LITERAL");
  ASSERT_THAT(deadline, is_ok());
  EXPECT_LT(deadline->steps.size(), 70U);
  const testing::Replayed replayed = testing::replay(deadline->steps);
  EXPECT_EQ(replayed.fault, "");
  EXPECT_EQ(replayed.due, deadline->due);
}

struct BadHours {
  const char* name;
  Blocks blocks;
  const char* message;
};

class OfficeHoursFault : public ::testing::TestWithParam<BadHours> {};

TEST_P(OfficeHoursFault, IsNamed) {
  std::vector<OfficeBlock> blocks;
  for (const char* text : GetParam().blocks) {
    const auto block = parse_office_block(text);
    if (!block) {
      EXPECT_THAT(block, fails_with(ErrorCode::malformed, GetParam().message));
      return;
    }
    blocks.push_back(*block);
  }
  EXPECT_THAT(OfficeHours::create(blocks), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Faults, OfficeHoursFault,
                         ::testing::Values(BadHours{"none", {}, "1 to 24 blocks"},
                                           BadHours{"no_dash", {"08:00"}, "08:00-12:00"},
                                           BadHours{"no_time", {"8-12"}, "HH:MM"},
                                           BadHours{"minute_60", {"08:60-12:00"}, "HH:MM"},
                                           BadHours{"after_midnight", {"08:00-24:01"}, "HH:MM"},
                                           BadHours{"backwards", {"22:00-06:00"}, "two blocks"},
                                           BadHours{"empty", {"08:00-08:00"}, "before they begin"},
                                           BadHours{"overlap", {"08:00-12:00", "11:00-17:00"}, "overlap at 11:00"}),
                         [](const auto& row) { return row.param.name; });

TEST(OfficeHours, MayBeWrittenInAnyOrderAndTouch) {
  const auto hours = OfficeHours::create({*parse_office_block("13:00-17:00"), *parse_office_block("08:00-13:00")});
  ASSERT_THAT(hours, is_ok());
  EXPECT_EQ(hours->text(), "08:00-13:00, 13:00-17:00");
  EXPECT_EQ(hours->close_of_business(), std::chrono::hours(17));
}

struct SameDayRow {
  const char* name;
  const char* at;
  const char* intake;
  const char* due;
};

void PrintTo(const SameDayRow& row, std::ostream* out) {
  *out << row.name;
}

class SameDay : public ::testing::TestWithParam<SameDayRow> {};

TEST_P(SameDay, EndsWhenTheOfficeClosesOnTheDayOfIntake) {
  const SameDayRow& row = GetParam();
  const IntakeQuery query{.rule = "VN-CIVIL-2015",
                          .calendar = *calendars().find("VN").value(),
                          .at = parse_instant(row.at).value(),
                          .office = *office(kDay)};
  EXPECT_EQ(format_instant(intake_of(query, zones()).value()), row.intake);
  const auto deadline = compute_same_day_deadline(query, zones());
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_instant(deadline->due), row.due);
  const testing::Replayed replayed = testing::replay(deadline->steps);
  EXPECT_EQ(replayed.fault, "");
  EXPECT_EQ(replayed.due, deadline->due);
}

// Mon 12 May 2025; Tue 29 April is followed by two holidays, an exchanged day and a weekend.
INSTANTIATE_TEST_SUITE_P(
    VietNam, SameDay,
    ::testing::Values(
        SameDayRow{"morning", "2025-05-12T09:00:00+07:00", "2025-05-12T02:00:00Z", "2025-05-12T10:00:00Z"},
        SameDayRow{"lunch", "2025-05-12T12:30:00+07:00", "2025-05-12T06:00:00Z", "2025-05-12T10:00:00Z"},
        SameDayRow{"last_minute", "2025-05-12T16:59:00+07:00", "2025-05-12T09:59:00Z", "2025-05-12T10:00:00Z"},
        SameDayRow{"closing", "2025-05-12T17:00:00+07:00", "2025-05-13T01:00:00Z", "2025-05-13T10:00:00Z"},
        SameDayRow{"holidays", "2025-04-29T18:00:00+07:00", "2025-05-05T01:00:00Z", "2025-05-05T10:00:00Z"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(SameDay, HasItsSentenceInEveryLanguage) {
  const IntakeQuery query{.rule = "VN-CIVIL-2015",
                          .calendar = *calendars().find("VN").value(),
                          .at = parse_instant("2025-05-12T09:00:00+07:00").value(),
                          .office = *office(kDay)};
  const Deadline deadline = compute_same_day_deadline(query, zones()).value();
  for (const Language language : kLanguages) {
    EXPECT_NE(explain(deadline, language).at(0), "same-day-starts");
    EXPECT_EQ(explain(deadline, language).at(0).find_first_of("{}?"), std::string::npos);
  }
}

}  // namespace
}  // namespace kip
