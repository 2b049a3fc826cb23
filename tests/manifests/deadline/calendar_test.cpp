#include <gtest/gtest.h>

#include <manifests/deadline/calendar.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

LegalDate day(const char* text) {
  return *parse_date(text);
}

const Calendar& vietnam() {
  static const Calendar kCalendar = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/VN.json")).value();
  return kCalendar;
}

struct Day {
  const char* name;
  const char* date;
  CalendarProfile profile;
  bool working;
  DayReason reason;
  const char* row;
};

class VietnamDay : public ::testing::TestWithParam<Day> {};

TEST_P(VietnamDay, IsWorkedOrNotForTheRightReason) {
  const Day& row = GetParam();
  const DayStatus status = vietnam().status(day(row.date), row.profile);
  EXPECT_EQ(status.working, row.working);
  EXPECT_EQ(status.reason, row.reason);
  EXPECT_EQ(status.name, row.row);
}

constexpr auto kPublic = CalendarProfile::all_rows;
constexpr auto kStatutory = CalendarProfile::statutory;

INSTANTIATE_TEST_SUITE_P(
    Days, VietnamDay,
    ::testing::Values(
        Day{"monday", "2025-11-03", kPublic, true, DayReason::ordinary, ""},
        Day{"saturday", "2025-06-07", kPublic, false, DayReason::weekend, ""},
        Day{"sunday", "2025-06-08", kPublic, false, DayReason::weekend, ""},
        Day{"holiday", "2025-04-07", kPublic, false, DayReason::holiday, "Giỗ Tổ Hùng Vương"},
        Day{"compensatory", "2026-04-27", kStatutory, false, DayReason::holiday, "Giỗ Tổ Hùng Vương (nghỉ bù)"},
        Day{"swapped_off", "2025-05-02", kPublic, false, DayReason::holiday, "Nghỉ hoán đổi dịp 30/4-1/5"},
        Day{"swapped_off_statutory", "2025-05-02", kStatutory, true, DayReason::ordinary, ""},
        Day{"swapped_work", "2026-01-10", kPublic, true, DayReason::worked_in_exchange, "Làm bù cho 2/1/2026"},
        Day{"swapped_work_statutory", "2026-01-10", kStatutory, false, DayReason::weekend, ""},
        Day{"fixed_after_coverage", "2029-04-30", kPublic, false, DayReason::holiday, "Ngày Chiến thắng"},
        Day{"fixed_before_coverage", "2020-09-02", kPublic, false, DayReason::holiday, "Quốc khánh"},
        Day{"culture_day_later", "2027-11-24", kPublic, false, DayReason::holiday, "Ngày Văn hóa Việt Nam"},
        Day{"culture_day_too_early", "2025-11-24", kPublic, true, DayReason::ordinary, ""},
        Day{"weekend_after_coverage", "2027-01-02", kPublic, false, DayReason::weekend, ""},
        Day{"proposal_not_counted", "2026-11-23", kPublic, true, DayReason::ordinary, ""}),
    [](const auto& row) { return row.param.name; });

TEST(Calendar, KnowsProposalsOfTheProfile) {
  ASSERT_NE(vietnam().unconfirmed(day("2026-11-23"), kPublic), nullptr);
  EXPECT_EQ(vietnam().unconfirmed(day("2026-11-23"), kStatutory), nullptr);
  EXPECT_EQ(vietnam().unconfirmed(day("2026-11-25"), kPublic), nullptr);
}

TEST(Calendar, AllSampleCalendarsAreRead) {
  for (const char* country : {"VN", "HU", "CN"}) {
    const auto calendar =
        parse_calendar(testing::read_file(std::string(KIP_SAMPLES "/calendars/") + country + ".json"));
    ASSERT_THAT(calendar, is_ok());
    EXPECT_EQ(calendar->country(), country);
    EXPECT_TRUE(calendar->covers(day("2026-12-31")));
    EXPECT_FALSE(calendar->covers(day("2027-01-01")));
  }
}

TEST(Calendar, EditionsOfTheFirstFormatStayReadable) {
  for (const char* country : {"VN", "HU", "CN"}) {
    const auto old = parse_calendar(testing::read_file(std::string(KIP_TEST_DATA "/calendars/") + country + ".json"));
    ASSERT_THAT(old, is_ok());
    const auto now =
        parse_calendar(testing::read_file(std::string(KIP_SAMPLES "/calendars/") + country + ".json")).value();
    EXPECT_FALSE(old->provisional());
    // Later editions add years; what was said of the earlier ones stands.
    for (LegalDate date = old->coverage().from; date <= old->coverage().to; date += std::chrono::days(1)) {
      for (const CalendarProfile profile : {kPublic, kStatutory}) {
        ASSERT_EQ(old->is_working_day(date, profile), now.is_working_day(date, profile)) << format_date(date);
      }
    }
  }
}

TEST(Calendar, OfProvisionalDaysWhatTheLawFixesCounts) {
  EXPECT_EQ(*vietnam().provisional(), (DateRange{day("2027-01-01"), day("2027-12-31")}));
  // Tết 2027 is Saturday 6 February: the eve, three days, and two days off for the weekend.
  for (const char* off : {"2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-04-16", "2027-05-03"})
    EXPECT_FALSE(vietnam().is_working_day(day(off), kStatutory)) << off;
  for (const char* open : {"2027-02-04", "2027-02-11", "2027-09-01", "2027-09-03"}) {
    EXPECT_TRUE(vietnam().is_working_day(day(open), kPublic)) << open;
    ASSERT_NE(vietnam().unconfirmed(day(open), kStatutory), nullptr) << open;
    EXPECT_NE(vietnam().unconfirmed(day(open), kStatutory)->source, "") << open;
  }
}

TEST(Calendar, KnowsWhatIsAHolidayByLaw) {
  EXPECT_TRUE(vietnam().is_statutory_holiday(day("2026-04-27"))) << "the day off for a holiday";
  EXPECT_TRUE(vietnam().is_statutory_holiday(day("2029-04-30"))) << "a fixed holiday outside the coverage";
  EXPECT_FALSE(vietnam().is_statutory_holiday(day("2025-05-02"))) << "exchanged";
  EXPECT_FALSE(vietnam().is_statutory_holiday(day("2026-01-10"))) << "worked in exchange";
  EXPECT_FALSE(vietnam().is_statutory_holiday(day("2025-11-02"))) << "a Sunday";
}

constexpr const char* kSmall = R"({"format":"kip.calendar/1","version":"1","country":"VN","timezone":"Asia/Ho_Chi_Minh",
"weekend":[6,7],"coverage":{"from":"2025-01-01","to":"2025-12-31"},
"days":[{"date":"2025-01-01","name":"New Year","kind":"off","type":"statutory"}]})";

struct Broken {
  const char* name;
  const char* part;
  const char* by;
  const char* message;
};

class BrokenCalendar : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenCalendar, IsRefusedWithItsPlace) {
  std::string text = kSmall;
  const auto at = text.find(GetParam().part);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string_view(GetParam().part).size(), GetParam().by);
  EXPECT_THAT(parse_calendar(text), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenCalendar,
    ::testing::Values(
        Broken{"major", "calendar/1", "calendar/2", "kip.calendar/1"}, Broken{"country", "\"VN\"", "\"vn\"", "country"},
        Broken{"version", "\"1\"", "\"\"", "version"}, Broken{"weekday", "[6,7]", "[0,6]", "weekend"},
        Broken{"all_week", "[6,7]", "[1,2,3,4,5,6,7]", "working day"},
        Broken{"unknown_member", "\"weekend\"", "\"week\":1,\"weekend\"", "week"},
        Broken{"coverage", "2025-12-31", "2024-12-31", "coverage"},
        Broken{"date", "2025-01-01\",\"name", "2025-02-30\",\"name", "2025-02-30"},
        Broken{"outside", "2025-01-01\",\"name", "2026-01-01\",\"name", "outside the coverage"},
        Broken{"kind", "\"off\"", "\"free\"", "off, work"}, Broken{"type", "statutory", "bank", "statutory"},
        Broken{"twice", "[{", R"([{"date":"2025-01-01","name":"x","kind":"off","type":"statutory"},{)", "two rows"},
        Broken{"provisional_gap", "\"days\"",
               R"("provisional":{"from":"2026-01-02","to":"2026-12-31","reason":"r"},"days")", "2026-01-01"},
        Broken{"provisional_reason", "\"days\"", R"("provisional":{"from":"2026-01-01","to":"2026-12-31"},"days")",
               "reason"},
        Broken{"proposal_without_source", "\"days\"",
               R"("provisional":{"from":"2026-01-01","to":"2026-12-31","reason":"r","unconfirmed":[{"date":"2026-01-05",
               "name":"x","kind":"off","type":"swap"}]},"days")",
               "source"},
        Broken{"fixed", "\"days\"", R"("fixed":[{"month":2,"day":30,"name":"x"}],"days")", "month 2 has no day 30"}),
    [](const auto& row) { return row.param.name; });

TEST(Calendar, LaterMinorVersionMayHaveMembersUnknownToUs) {
  std::string text = kSmall;
  text.replace(text.find("calendar/1"), 10, "calendar/1.2");
  text.replace(text.find("\"kind\""), 6, "\"colour\":\"red\",\"kind\"");
  EXPECT_THAT(parse_calendar(text), is_ok());
  text.replace(text.find("calendar/1.2"), 12, "calendar/1.1");
  EXPECT_THAT(parse_calendar(text), fails_with(ErrorCode::malformed, "colour")) << "1.1 is known whole";
}

}  // namespace
}  // namespace kip
