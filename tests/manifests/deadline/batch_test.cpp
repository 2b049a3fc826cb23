#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/codec/json.hpp>
#include <manifests/deadline/batch.hpp>

namespace kip {
namespace {

using ::testing::HasSubstr;

std::string answer(std::string_view line) {
  static const CalendarBook kBook = CalendarBook::built_in();
  static const auto kZones = system_zone_database();
  return answer_batch_line(line, 7, kBook, *kZones);
}

std::string day_line(std::string_view part, std::string_view by) {
  std::string text = R"({"id":"a","jurisdiction":"VN","rule":"VN-CIVIL-2015","profile":"public","on":"2025-10-27",)"
                     R"("period":{"amount":7,"unit":"day"}})";
  text.replace(text.find(part), part.size(), by);
  return text;
}

TEST(Batch, AnswersALimitInDays) {
  EXPECT_EQ(answer(day_line("", "")), R"({"due":"2025-11-03T17:00:00Z","id":"a","last_day":"2025-11-03"})");
}

TEST(Batch, AnswersALimitOnAClockWithoutLastDay) {
  EXPECT_EQ(
      answer(R"({"id":5,"jurisdiction":"VN","profile":"public","at":"2025-04-25T16:30:00+07:00","period":{"amount":4,)"
             R"("unit":"hour"},"clock":"working-hours","office":["08:00-12:00","13:00-17:00"]})"),
      R"({"due":"2025-04-26T04:30:00Z","id":5})");
}

TEST(Batch, TakesTheUsualRuleAndProfileOfTheJurisdiction) {
  EXPECT_EQ(answer(R"({"id":"h","jurisdiction":"HU","on":"2026-01-03","period":{"amount":7,"unit":"day"}})"),
            R"({"due":"2026-01-10T23:00:00Z","id":"h","last_day":"2026-01-10"})");
}

TEST(Batch, WorkingHoursNeedNoClock) {
  EXPECT_THAT(answer(R"({"id":"w","jurisdiction":"VN","at":"2025-05-05T08:00:00+07:00","period":{"amount":4,"unit":)"
                     R"("working-hour"},"office":["08:00-12:00"]})"),
              HasSubstr("2025-05-05T05:00:00Z"));
}

TEST(Batch, ALimitInDaysMayStartAtAnInstant) {
  // 23:30 UTC on the 26th is the 27th in Viet Nam.
  EXPECT_THAT(answer(day_line(R"("on":"2025-10-27")", R"("at":"2025-10-26T23:30:00Z")")), HasSubstr("2025-11-03"));
}

TEST(Batch, OfficeHoursEndTheLastDayOnlyWhereTheRuleSaysSo) {
  EXPECT_THAT(answer(day_line(R"("VN","rule":"VN-CIVIL-2015")", R"("CN","office":["09:00-12:00","13:30-17:30"])")),
              HasSubstr("2025-11-03T09:30:00Z"));
  EXPECT_THAT(answer(day_line(R"("rule")", R"("office":["09:00-12:00"],"rule")")), HasSubstr("2025-11-03T17:00:00Z"));
}

TEST(Batch, WarningsComeWithCodeAndArguments) {
  EXPECT_THAT(answer(day_line("2025-10-27", "2028-04-23")),
              HasSubstr(R"("warnings":[{"args":{"calendar":"VN-2027.1","date":"2028-04-30","from":"2024-01-01",)"
                        R"("to":"2026-12-31"},"code":"outside-coverage"}])"));
}

struct Bad {
  const char* name;
  const char* part;
  const char* by;
  const char* message;
};

class BadLine : public ::testing::TestWithParam<Bad> {};

TEST_P(BadLine, IsAnsweredWithItsIdItsNumberAndWhatToDo) {
  const auto value = json::parse(answer(day_line(GetParam().part, GetParam().by)));
  ASSERT_TRUE(value.has_value());
  ASSERT_NE(value->find("error"), nullptr);
  EXPECT_EQ(*value->find("id"), json::Value("a"));
  EXPECT_EQ(*value->find("line"), json::Value(7));
  EXPECT_THAT(*value->find("error")->find("message")->as_text(), HasSubstr(GetParam().message));
  EXPECT_EQ(value->find("due"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadLine,
    ::testing::Values(
        Bad{"impossible_date", "2025-10-27", "2025-02-30", "2025-02-30"},
        Bad{"leap_day", "2025-10-27", "2025-02-29", "2025-02-29"},
        Bad{"too_early", "2025-10-27", "1969-12-31", "1970 to 2999"}, Bad{"zero", ":7", ":0", "allowed are 1 to 3660"},
        Bad{"negative", ":7", ":-7", "allowed are 1 to 3660"}, Bad{"too_long", ":7", ":10000", "allowed are 1 to 3660"},
        Bad{"fraction", ":7", ":7.5", "7.5"}, Bad{"text", ":7", ":\"7\"", "amount"},
        Bad{"no_unit", "\"day\"", "\"days\"", "working-hour"},
        Bad{"jurisdiction", "\"VN\"", "\"XX\"", "CN, EU, HU, VN"}, Bad{"rule", "VN-CIVIL-2015", "VN", "LITERAL"},
        Bad{"profile", "public", "PUB", "public, statutory"}, Bad{"no_start", R"("on":"2025-10-27",)", "", "\"on\""},
        Bad{"two_starts", R"("on")", R"("at":"2025-10-27T00:00:00Z","on")", "one of them"},
        Bad{"no_zone", R"("on":"2025-10-27")", R"("at":"2025-10-27T08:00:00")", "zone"},
        Bad{"hours_from_a_date", "\"day\"", "\"hour\"", "\"at\""},
        Bad{"unknown_member", "\"on\"", "\"On\":1,\"on\"", "On"},
        Bad{"clock_for_days", "\"on\"", "\"clock\":\"elapsed\",\"on\"", "leave it out"},
        Bad{"close_for_vn", "\"on\"", "\"close_of_business\":\"17:00\",\"on\"", "24:00"},
        Bad{"broken_off", "}}", "}", "not JSON"}, Bad{"twice", "\"on\"", "\"profile\":\"public\",\"on\"", "twice"}),
    [](const auto& row) { return row.param.name; });

TEST(Batch, ALineWithoutIdIsAnErrorWithItsNumber) {
  for (const char* line : {"", "null", "[]", "{}", "garbage", R"({"id":null})", R"({"id":"unclosed)", R"({"id":[1])",
                           R"({"id":{"a":1},"jurisdiction":"VN"})"}) {
    const auto value = json::parse(answer(line));
    ASSERT_TRUE(value.has_value()) << line;
    EXPECT_NE(value->find("error"), nullptr) << line;
    EXPECT_EQ(value->find("id"), nullptr) << line;
    EXPECT_EQ(*value->find("line"), json::Value(7)) << line;
  }
}

TEST(Batch, AnIdIsMadeOutOfALineThatIsNoJson) {
  EXPECT_THAT(answer(R"({ "id" : "q\"1", "on": )"), HasSubstr(R"("id":"q\"1")"));
  EXPECT_THAT(answer(R"({"id":12,"amount":1.5})"), HasSubstr(R"("id":12)"));
}

TEST(Batch, ALineThatIsTooLongIsAnError) {
  EXPECT_THAT(answer(day_line("\"on\"", "\"x\":\"" + std::string(kMaxBatchLine, 'x') + "\",\"on\"")),
              HasSubstr("too-large"));
}

}  // namespace
}  // namespace kip
