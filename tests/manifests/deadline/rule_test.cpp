#include <gtest/gtest.h>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/deadline/engine.hpp>
#include <testing/matchers.hpp>
#include <testing/zones.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

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

/// Worked by hand from the articles.
struct Row {
  const char* name;
  const char* rule;
  const char* country;
  CalendarProfile profile;
  const char* on;
  int amount;
  PeriodUnit unit;
  const char* last;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

Result<Deadline> compute(const Row& row, std::optional<TimeOfDay> close = {}) {
  return compute_deadline({.rule = row.rule,
                           .calendar = *calendars().find(row.country).value(),
                           .profile = row.profile,
                           .trigger_date = parse_date(row.on).value(),
                           .period = Period::create(row.amount, row.unit).value(),
                           .close_of_business = close},
                          zones());
}

class RuleCase : public ::testing::TestWithParam<Row> {};

TEST_P(RuleCase, EndsWhereTheHandEnds) {
  const auto deadline = compute(GetParam());
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_date(deadline->last_day), GetParam().last);
}

constexpr auto kDay = PeriodUnit::day;
constexpr auto kWorkingDay = PeriodUnit::working_day;
constexpr const char* kEu = "EU-1182-71";
constexpr const char* kHu = "HU-CONTRACT";
constexpr const char* kCn = "CN-CIVIL";
constexpr const char* kVn = "VN-CIVIL-2015";

std::string name_of(const ::testing::TestParamInfo<Row>& row) {
  return row.param.name;
}

// Easter 2026: Fri 3, Sun 5 and Mon 6 April are holidays in Hungary.
INSTANTIATE_TEST_SUITE_P(
    Regulation1182, RuleCase,
    ::testing::Values(Row{"plain", kEu, "HU", kPublic, "2026-04-13", 3, kDay, "2026-04-16"},
                      Row{"weekend_at_the_end", kEu, "HU", kPublic, "2026-04-13", 5, kDay, "2026-04-20"},
                      // One day: Friday 3 April, a holiday; moved to Tuesday. Art. 3(5) is for two days or more.
                      Row{"one_day", kEu, "HU", kPublic, "2026-04-02", 1, kDay, "2026-04-07"},
                      // Two days end on Saturday, moved to Tuesday: the one working day in it. Wednesday is the second.
                      Row{"least_two_working_days", kEu, "HU", kPublic, "2026-04-02", 2, kDay, "2026-04-08"},
                      Row{"five_days_are_no_better", kEu, "HU", kPublic, "2026-04-02", 5, kDay, "2026-04-08"},
                      Row{"six_days_hold_two", kEu, "HU", kPublic, "2026-04-02", 6, kDay, "2026-04-08"},
                      // From Friday: Saturday and Sunday, moved to Monday, and Tuesday is the second.
                      Row{"two_days_over_a_weekend", kEu, "HU", kPublic, "2026-04-17", 2, kDay, "2026-04-21"},
                      // Saturday 10 January is worked in exchange: it stays a Saturday.
                      Row{"worked_saturday", kEu, "HU", kPublic, "2026-01-03", 7, kDay, "2026-01-12"},
                      Row{"worked_saturday_is_no_working_day", kEu, "HU", kPublic, "2026-01-08", 2, kWorkingDay,
                          "2026-01-12"},
                      Row{"exchanged_rest_day", kEu, "HU", kPublic, "2025-12-26", 7, kDay, "2026-01-05"},
                      Row{"exchanged_rest_day_statutory", kEu, "HU", kStatutory, "2025-12-26", 7, kDay, "2026-01-02"},
                      Row{"weeks", kEu, "EU", kPublic, "2026-04-13", 2, PeriodUnit::week, "2026-04-27"},
                      Row{"month_end", kEu, "EU", kPublic, "2026-01-31", 1, PeriodUnit::month, "2026-03-02"},
                      Row{"leap_year", kEu, "EU", kPublic, "2024-02-29", 1, PeriodUnit::year, "2025-02-28"},
                      Row{"christmas", kEu, "EU", kPublic, "2025-12-18", 7, kDay, "2025-12-26"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Hungary, RuleCase,
    ::testing::Values(Row{"worked_saturday", kHu, "HU", kPublic, "2026-01-03", 7, kDay, "2026-01-10"},
                      Row{"worked_saturday_statutory", kHu, "HU", kStatutory, "2026-01-03", 7, kDay, "2026-01-12"},
                      Row{"working_days", kHu, "HU", kPublic, "2026-01-08", 2, kWorkingDay, "2026-01-10"},
                      Row{"working_days_statutory", kHu, "HU", kStatutory, "2026-01-08", 2, kWorkingDay, "2026-01-12"},
                      Row{"working_days_over_christmas", kHu, "HU", kPublic, "2025-12-23", 1, kWorkingDay,
                          "2025-12-29"},
                      Row{"week", kHu, "HU", kPublic, "2026-03-27", 1, PeriodUnit::week, "2026-04-07"},
                      Row{"month_end", kHu, "HU", kPublic, "2025-08-31", 1, PeriodUnit::month, "2025-09-30"},
                      Row{"leap_day", kHu, "HU", kPublic, "2024-02-29", 2, PeriodUnit::year, "2026-03-02"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    China, RuleCase,
    ::testing::Values(Row{"worked_sunday", kCn, "CN", kPublic, "2026-09-13", 7, kDay, "2026-09-20"},
                      Row{"worked_sunday_statutory", kCn, "CN", kStatutory, "2026-09-13", 7, kDay, "2026-09-21"},
                      Row{"national_day_block", kCn, "CN", kPublic, "2026-09-01", 1, PeriodUnit::month, "2026-10-08"},
                      Row{"month_end", kCn, "CN", kPublic, "2024-01-31", 1, PeriodUnit::month, "2024-02-29"},
                      Row{"working_days", kCn, "CN", kPublic, "2026-09-18", 2, kWorkingDay, "2026-09-21"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    VietNam, RuleCase,
    ::testing::Values(
        // The event on a holiday: its day is not counted, holidays within the period are.
        Row{"event_on_a_holiday", kVn, "VN", kPublic, "2026-02-16", 3, kDay, "2026-02-23"},
        Row{"working_days_over_tet", kVn, "VN", kPublic, "2026-02-13", 3, kWorkingDay, "2026-02-25"},
        Row{"working_days_with_swaps", kVn, "VN", kPublic, "2025-04-25", 3, kWorkingDay, "2025-04-29"},
        Row{"working_days_without_swaps", kVn, "VN", kStatutory, "2025-04-25", 3, kWorkingDay, "2025-05-02"},
        Row{"literal_working_days", "LITERAL", "VN", kPublic, "2025-04-29", 1, kWorkingDay, "2025-05-05"}),
    name_of);

TEST(CloseOfBusiness, EndsTheLastDayWhereTheRuleLetsIt) {
  const auto deadline = compute({"", kCn, "CN", kPublic, "2025-09-24", 7, kDay, ""}, *parse_time_of_day("17:30"));
  ASSERT_THAT(deadline, is_ok());
  EXPECT_EQ(format_instant(deadline->due), "2025-10-09T09:30:00Z");
  EXPECT_EQ(deadline->steps.back().code, "ends-at-close");
  EXPECT_EQ(deadline->steps.back().source->articles, "203.2");
  EXPECT_THAT(compute({"", kVn, "VN", kPublic, "2025-10-27", 7, kDay, ""}, *parse_time_of_day("17:00")),
              fails_with(ErrorCode::malformed, "24:00"));
}

TEST(LeastWorkingDays, AreExplainedWithTheirArticle) {
  const auto deadline = compute({"", kEu, "HU", kPublic, "2026-04-02", 2, kDay, ""});
  ASSERT_THAT(deadline, is_ok());
  const ExplanationStep& step = deadline->steps.at(deadline->steps.size() - 2);
  EXPECT_EQ(step.code, "least-working-days");
  EXPECT_EQ(step.source, (LegalSource{"eu-1182-71", "3.5"}));
}

TEST(UnionCalendar, SaysThatLocalHolidaysAreMissing) {
  const auto deadline = compute({"", kEu, "EU", kPublic, "2026-04-13", 3, kDay, ""});
  ASSERT_EQ(deadline->warnings.size(), 1U);
  EXPECT_EQ(deadline->warnings[0].code, "local-holidays-missing");
}

TEST(Rules, AreReadFromTheirFilesUnderTheirOwnNames) {
  ASSERT_EQ(built_in_rules().size(), rules().size());
  std::size_t i = 0;
  for (const auto& [name, text] : built_in_rules()) {
    ASSERT_THAT(parse_rule(text), is_ok());
    EXPECT_EQ(name, rules()[i++].id + ".json");
  }
}

TEST(Rules, OneIsTheUsualOneOfEachJurisdiction) {
  for (const Calendar* calendar : calendars().all())
    EXPECT_THAT(rule_of(calendar->country()), is_ok());
  EXPECT_EQ(rule_of("EU").value()->id, "EU-1182-71");
  EXPECT_THAT(rule_of("XX"), fails_with(ErrorCode::not_found, "XX"));
}

constexpr const char* kSmall = R"({"format":"kip.rule/1","id":"X-1","jurisdictions":["XX"],
"law":{"key":"x","divided_in":"article","names":{"en":"X","vi":"X","hu":"X","zh":"X"}},"ends":{"day":"2"},
"hours":{"start":"moment"},"last_day":{"move":"none"},"working_days":{"kind":"of-calendar"},"end_of_day":{}})";

struct Broken {
  const char* name;
  const char* part;
  const char* by;
  const char* message;
};

class BrokenRule : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenRule, IsRefusedWithItsPlace) {
  std::string text = kSmall;
  const auto at = text.find(GetParam().part);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string_view(GetParam().part).size(), GetParam().by);
  EXPECT_THAT(parse_rule(text), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenRule,
    ::testing::Values(Broken{"major", "rule/1", "rule/2", "kip.rule/1"}, Broken{"id", "X-1", "x 1", "A-Z"},
                      Broken{"country", "[\"XX\"]", "[\"xx\"]", "country"}, Broken{"move", "none", "back", "back"},
                      Broken{"days", "of-calendar", "any", "any"}, Broken{"start", "moment", "noon", "noon"},
                      Broken{"language", ",\"zh\":\"X\"", "", "zh"}, Broken{"division", "article", "page", "page"},
                      Broken{"unit", "\"day\"", "\"hour\"", "hour"}, Broken{"articles", "\"2\"", "2", "day"},
                      Broken{"unknown", "\"ends\"", "\"end\":1,\"ends\"", "end"},
                      Broken{"least", "\"ends\"", "\"least_working_days\":{\"from_days\":0,\"least\":2},\"ends\"",
                             "from_days"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip
