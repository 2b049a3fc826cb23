#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>
#include <manifests/deadline/explain.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/zones.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;

const Calendar& vietnam() {
  static const Calendar kCalendar = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/VN.json")).value();
  return kCalendar;
}

Deadline compute(const char* start, int amount, PeriodUnit unit, const char* rule = "VN-CIVIL-2015",
                 Trigger trigger = Trigger::act_signed) {
  return compute_deadline({.rule = rule,
                           .calendar = vietnam(),
                           .trigger = trigger,
                           .trigger_date = parse_date(start).value(),
                           .period = Period::create(amount, unit).value()},
                          testing::FixedZone())
      .value();
}

TEST(Explanation, OfAnOrdinaryDeadlineInEnglish) {
  EXPECT_THAT(explain(compute("2025-10-27", 7, PeriodUnit::day), Language::en),
              ElementsAre("signed Mon 27/10/2025; the day of the event is not counted (Civil Code 2015, art. 147.2, "
                          "147.3)",
                          "7th day: Mon 03/11/2025 (Civil Code 2015, art. 148.1)", "Mon 03/11/2025 is a working day",
                          "ends at 24:00 local time (Asia/Ho_Chi_Minh, UTC+07:00) (Civil Code 2015, art. 148.6) = "
                          "2025-11-03T17:00:00Z"));
}

TEST(Explanation, OfAnOrdinaryDeadlineInVietnamese) {
  EXPECT_THAT(explain(compute("2025-10-27", 7, PeriodUnit::day), Language::vi),
              ElementsAre("ký ngày Thứ Hai 27/10/2025; ngày xảy ra sự kiện không được tính (khoản 2 Điều 147, khoản 3 "
                          "Điều 147 Bộ luật Dân sự 2015)",
                          "ngày thứ 7: Thứ Hai 03/11/2025 (khoản 1 Điều 148 Bộ luật Dân sự 2015)",
                          "Thứ Hai 03/11/2025 là ngày làm việc",
                          "kết thúc lúc 24:00 giờ địa phương (Asia/Ho_Chi_Minh, UTC+07:00) (khoản 6 Điều 148 Bộ luật "
                          "Dân sự 2015) = 2025-11-03T17:00:00Z"));
}

TEST(Explanation, NamesEachSkippedDayWithItsReason) {
  const auto lines = explain(compute("2026-04-16", 14, PeriodUnit::day), Language::en);
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[1], "14th day: Thu 30/04/2026 (Civil Code 2015, art. 148.1)");
  EXPECT_EQ(lines[2],
            "Thu 30/04/2026 is a public holiday (Ngày Chiến thắng): moves to Fri 01/05/2026 (Civil Code 2015, art. "
            "148.5)");
  EXPECT_EQ(lines[4], "Sat 02/05/2026 is a weekend day: moves to Sun 03/05/2026 (Civil Code 2015, art. 148.5)");
  EXPECT_EQ(lines[5], "Sun 03/05/2026 is a weekend day: moves to Mon 04/05/2026 (Civil Code 2015, art. 148.5)");
  EXPECT_EQ(lines[6], "Mon 04/05/2026 is a working day");
  EXPECT_EQ(explain(compute("2026-04-16", 14, PeriodUnit::day), Language::vi)[5],
            "Chủ Nhật 03/05/2026 là ngày nghỉ cuối tuần: chuyển sang Thứ Hai 04/05/2026 (khoản 5 Điều 148 Bộ luật Dân "
            "sự 2015)");
}

TEST(Explanation, NamesASaturdayThatIsWorkedInExchange) {
  EXPECT_EQ(explain(compute("2026-01-03", 7, PeriodUnit::day), Language::en)[2],
            "Sat 10/01/2026 is a working day by exchange (Làm bù cho 2/1/2026)");
}

TEST(Explanation, OfOtherUnitsAndEvents) {
  const auto month =
      explain(compute("2024-01-31", 1, PeriodUnit::month, "VN-CIVIL-2015", Trigger::act_gazetted), Language::en);
  EXPECT_EQ(month[0].substr(0, 23), "gazetted Wed 31/01/2024");
  EXPECT_EQ(month[1],
            "after 1 month; that month has no day 31, so that its last day counts: Thu 29/02/2024 (Civil Code 2015, "
            "art. 148.3)");
  const auto weeks = explain(compute("2025-10-27", 2, PeriodUnit::week), Language::en);
  EXPECT_EQ(weeks[1], "after 2 weeks the corresponding day: Mon 10/11/2025 (Civil Code 2015, art. 148.2)");
  const auto years = explain(compute("2025-03-05", 1, PeriodUnit::year), Language::vi);
  EXPECT_EQ(years[1], "sau 1 năm, ngày tương ứng: Thứ Năm 05/03/2026 (khoản 4 Điều 148 Bộ luật Dân sự 2015)");
}

TEST(Explanation, OfTheLiteralRuleNamesNoLaw) {
  const auto lines = explain(compute("2025-05-31", 7, PeriodUnit::day, "LITERAL"), Language::en);
  EXPECT_THAT(lines,
              ElementsAre("signed Sat 31/05/2025; the day of the event is not counted", "7th day: Sat 07/06/2025",
                          "Sat 07/06/2025 counts whatever day it is: the clause is taken literally",
                          "ends at 24:00 local time (Asia/Ho_Chi_Minh, UTC+07:00) = 2025-06-07T17:00:00Z"));
}

TEST(Explanation, CountsInOrdinalNumbers) {
  const std::pair<int, const char*> rows[] = {{1, "1st"},   {2, "2nd"},   {3, "3rd"},   {4, "4th"},     {11, "11th"},
                                              {12, "12th"}, {13, "13th"}, {21, "21st"}, {112, "112th"}, {103, "103rd"}};
  for (const auto& [amount, text] : rows) {
    const std::string line = explain(compute("2024-01-08", amount, PeriodUnit::day), Language::en)[1];
    EXPECT_EQ(line.substr(0, line.find(' ')), text);
  }
}

TEST(Explanation, OfWarnings) {
  const Deadline deadline = compute("2028-04-23", 7, PeriodUnit::day);
  EXPECT_THAT(
      explain_warnings(deadline, Language::en),
      ElementsAre("Sun 30/04/2028 lies outside the calendar " + vietnam().version() +
                  " (Mon 01/01/2024 to Thu 31/12/2026): only weekends and holidays on fixed dates were counted; "
                  "compute again with a newer calendar"));
  EXPECT_EQ(explain_warnings(deadline, Language::vi).size(), 1U);
}

TEST(Explanation, OfAnOrdinaryDeadlineInHungarian) {
  EXPECT_THAT(
      explain(compute("2025-10-27", 7, PeriodUnit::day), Language::hu),
      ElementsAre("aláírás napja: 2025. 10. 27. (hétfő); a kezdőnap nem számít bele (a vietnámi 2015. évi Polgári "
                  "Törvénykönyv, 147. cikk (2) bekezdés, 147. cikk (3) bekezdés)",
                  "7. nap: 2025. 11. 03. (hétfő) (a vietnámi 2015. évi Polgári Törvénykönyv, 148. cikk (1) "
                  "bekezdés)",
                  "2025. 11. 03. (hétfő) munkanap",
                  "helyi idő szerint 24:00-kor jár le (Asia/Ho_Chi_Minh, UTC+07:00) (a vietnámi 2015. évi "
                  "Polgári Törvénykönyv, 148. cikk (6) bekezdés) = 2025-11-03T17:00:00Z"));
}

TEST(Explanation, OfAnOrdinaryDeadlineInChinese) {
  EXPECT_THAT(
      explain(compute("2025-10-27", 7, PeriodUnit::day), Language::zh),
      ElementsAre("发文日期：2025年10月27日（周一）；开始的当日不计入（越南2015年民法典第147条第2款、第147条第3款）",
                  "第7日：2025年11月3日（周一）（越南2015年民法典第148条第1款）", "2025年11月3日（周一）为工作日",
                  "当地时间24:00截止（Asia/Ho_Chi_Minh，UTC+07:00）（越南2015年民法典第148条第6款） = "
                  "2025-11-03T17:00:00Z"));
}

TEST(Explanation, OfAClockNamesWhatCountsAndWhatDoesNot) {
  const auto deadline = compute_clock_deadline(
      {.rule = "VN-CIVIL-2015",
       .calendar = vietnam(),
       .at = parse_instant("2025-04-29T16:30:00+07:00").value(),
       .period = Period::create(2, PeriodUnit::hour).value(),
       .clock = ClockPolicy::working_hours,
       .office = OfficeHours::create({*parse_office_block("08:00-12:00"), *parse_office_block("13:00-17:00")}).value()},
      testing::FixedZone());
  EXPECT_THAT(
      explain(*deadline, Language::en),
      ElementsAre("2 hours from Tue 29/04/2025 16:30 (Civil Code 2015, art. 147.1)",
                  "by contract, only office hours of working days count (08:00-12:00, 13:00-17:00)",
                  "Tue 29/04/2025 16:30 to Tue 29/04/2025 17:00: 0:30 h",
                  "Wed 30/04/2025 is a public holiday (Ngày Chiến thắng): not counted",
                  "Thu 01/05/2025 is a public holiday (Ngày Quốc tế Lao động): not counted",
                  "Fri 02/05/2025 is a public holiday (Nghỉ hoán đổi dịp 30/4-1/5): not counted",
                  "Sat 03/05/2025 is a weekend day: not counted", "Sun 04/05/2025 is a weekend day: not counted",
                  "Mon 05/05/2025 08:00 to Mon 05/05/2025 09:30: 1:30 h",
                  "ends Mon 05/05/2025 09:30 local time (Asia/Ho_Chi_Minh, UTC+07:00) = 2025-05-05T02:30:00Z"));
}

TEST(Explanation, QuotesPointsAndSectionsAsTheLanguageDoes) {
  const auto sources = [](const char* rule, Language language) {
    return explain(compute("2025-10-27", 7, PeriodUnit::day, rule), language)[1];
  };
  EXPECT_THAT(sources("EU-1182-71", Language::en), ::testing::HasSubstr("(Regulation 1182/71, art. 3.2.b)"));
  EXPECT_THAT(sources("EU-1182-71", Language::vi), ::testing::HasSubstr("(điểm b khoản 2 Điều 3 "));
  EXPECT_THAT(sources("EU-1182-71", Language::hu), ::testing::HasSubstr("3. cikk (2) bekezdés b) pont"));
  EXPECT_THAT(sources("EU-1182-71", Language::zh), ::testing::HasSubstr("第3条第2款b项"));
  EXPECT_THAT(sources("HU-CONTRACT", Language::en), ::testing::HasSubstr("(Hungarian Civil Code, s. 8:3)"));
  EXPECT_THAT(sources("HU-CONTRACT", Language::hu), ::testing::HasSubstr("8:3. §"));
}

/// Deadlines whose explanations have every step that there is, and warnings.
std::vector<Deadline> clock_deadlines() {
  std::vector<Deadline> out;
  const auto office = OfficeHours::create({*parse_office_block("08:00-12:00")}).value();
  for (const char* rule : {"VN-CIVIL-2015", "EU-1182-71"}) {
    for (const char* at : {"2025-04-29T09:30:15+07:00", "2025-04-29T16:30:00+07:00", "2028-04-30T16:30:00+07:00"}) {
      for (const ClockPolicy clock :
           {ClockPolicy::elapsed, ClockPolicy::skip_statutory_holidays, ClockPolicy::skip_non_working_days,
            ClockPolicy::working_hours, ClockPolicy::intake_then_elapsed,
            ClockPolicy::intake_then_skip_statutory_holidays, ClockPolicy::duty_hours}) {
        out.push_back(compute_clock_deadline({.rule = rule,
                                              .calendar = vietnam(),
                                              .at = parse_instant(at).value(),
                                              .period = Period::create(400, PeriodUnit::hour).value(),
                                              .clock = clock,
                                              .office = office},
                                             testing::FixedZone())
                          .value());
      }
    }
  }
  return out;
}

void expect_sentences(const Deadline& deadline, Language language) {
  auto lines = explain(deadline, language);
  const auto warnings = explain_warnings(deadline, language);
  lines.insert(lines.end(), warnings.begin(), warnings.end());
  std::vector<std::string> codes;
  for (const ExplanationStep& step : deadline.steps)
    codes.push_back(step.code);
  for (const DeadlineWarning& warning : deadline.warnings)
    codes.push_back(warning.code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_NE(lines[i], codes[i]) << "a code instead of a sentence";
    EXPECT_EQ(lines[i].find_first_of("{}?"), std::string::npos) << "an unfilled hole: " << lines[i];
  }
}

TEST(Explanation, EveryStepOfAClockHasItsSentenceInEveryLanguage) {
  for (const Language language : kLanguages) {
    for (const Deadline& deadline : clock_deadlines())
      expect_sentences(deadline, language);
  }
}

TEST(Explanation, EveryStepAndWarningHasItsSentenceInEveryLanguage) {
  for (const Language language : kLanguages) {
    for (const char* start :
         {"2025-10-27", "2026-04-16", "2026-01-03", "2027-04-23", "2028-04-23", "2026-11-16", "2024-01-31"}) {
      for (const PeriodUnit unit :
           {PeriodUnit::day, PeriodUnit::working_day, PeriodUnit::week, PeriodUnit::month, PeriodUnit::year}) {
        for (const char* rule : {"VN-CIVIL-2015", "EU-1182-71", "LITERAL"})
          expect_sentences(compute(start, 1, unit, rule), language);
      }
    }
  }
}

TEST(Explanation, AsJsonHasCodesArgumentsAndTheRecord) {
  const json::Value value = to_json(compute("2025-10-27", 7, PeriodUnit::day));
  const auto expected = json::parse(R"({"format":"kip.deadline/1","raw_last_day":"2025-11-03","last_day":"2025-11-03",
    "due":"2025-11-03T17:00:00Z","warnings":[],"explanation":[
      {"code":"event-day-excluded","args":{"event":"signed","date":"2025-10-27"},
       "source":{"law":"vn-civil-code-2015","articles":"147.2, 147.3"}},
      {"code":"nth-day","args":{"amount":"7","unit":"day","day":"27","date":"2025-11-03"},
       "source":{"law":"vn-civil-code-2015","articles":"148.1"}},
      {"code":"working-day","args":{"date":"2025-11-03"}},
      {"code":"ends","args":{"zone":"Asia/Ho_Chi_Minh","offset":"+07:00","instant":"2025-11-03T17:00:00Z"},
       "source":{"law":"vn-civil-code-2015","articles":"148.6"}}],
    "record":{"rule":"VN-CIVIL-2015","calendar_country":"VN","calendar_version":"VN-2027.1","profile":"public",
      "timezone":"Asia/Ho_Chi_Minh","utc_offset_seconds":25200,"tzdb_version":"2025b"}})");
  ASSERT_THAT(expected, testing::is_ok());
  EXPECT_EQ(json::to_pretty(value), json::to_pretty(*expected));
}

}  // namespace
}  // namespace kip
