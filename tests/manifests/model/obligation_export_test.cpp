#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/core/unicode.hpp>
#include <manifests/model/obligation_export.hpp>

namespace kip {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

ExportedObligation obligation(Milestone milestone = Milestone::published) {
  ObligationView view{.number = 7,
                      .act = ActKey::parse("BTC:99/2025/TT-BTC:2025").value(),
                      .commitment = CommitmentId::parse("forms-7-days").value(),
                      .product = ProductId::parse("forms").value(),
                      .milestone = milestone};
  view.due.emplace();
  view.due->last_day = parse_date("2025-11-03").value();
  view.due->due = parse_instant("2025-11-03T17:00:00Z").value();
  return {std::move(view), "Chế độ kế toán; \"mới\"", "forms within 7 days"};
}

CustomerRow customer(std::string name) {
  return {.tax_code = TaxCode::parse("0101243150").value(),
          .name = std::move(name),
          .seats = 3,
          .installed = 1,
          .never_enrolled = 1,
          .missing = {"PC1", "PC2, tầng 3"}};
}

std::vector<std::string> split(std::string_view text, std::string_view at) {
  std::vector<std::string> out;
  for (std::size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end + at.size());
  }
  out.emplace_back(text);
  return out;
}

TEST(ObligationCsv, HasOneRowPerObligation) {
  const Bytes csv = to_csv({obligation()});
  ASSERT_TRUE(
      csv.starts_with("\xEF\xBB\xBF"
                      "number,act,act_title,"));
  const auto lines = split(csv, "\r\n");
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(
      lines[1],
      "7,BTC:99/2025/TT-BTC:2025,\"Chế độ kế toán; \"\"mới\"\"\",forms-7-days,forms within 7 days,forms,published,"
      "running,,2025-11-03,2025-11-03T17:00:00Z,,,,,,,no,,,,,,,,,,no,,,");
  EXPECT_EQ(std::count(lines[0].begin(), lines[0].end(), ','), std::count(lines[1].begin(), lines[1].end(), ','));
}

TEST(ObligationCsv, HasOneRowPerCustomerThatCounts) {
  ExportedObligation one = obligation(Milestone::installed);
  one.view.tally.installed = 1;
  one.view.tally.seats = 3;
  one.view.customers = {customer("Minh Anh"), customer("=HYPERLINK(\"http://x\")")};
  one.view.customers[1].reason = "regime-unknown";
  one.view.customers[1].detail = "TT133";
  const auto lines = split(to_csv({one}), "\r\n");
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[1], HasSubstr(",1,3,no,0101243150,Minh Anh,applicable,running,,1,3,1,\"PC1; PC2, tầng 3\""));
  EXPECT_THAT(lines[2], HasSubstr(",\"'=HYPERLINK(\"\"http://x\"\")\",applicable,running,regime-unknown; TT133,"));
  const auto columns = std::count(lines[0].begin(), lines[0].end(), ',');
  EXPECT_EQ(std::count(lines[1].begin(), lines[1].end(), ',') - 1, columns) << "one comma is quoted";
}

TEST(ObligationCsv, HasNoDayWhereTheLimitIsOnTheClock) {
  ExportedObligation one = obligation();
  one.view.due->by_clock = true;
  one.view.late_by = std::chrono::milliseconds(90'500);
  EXPECT_THAT(to_csv({one}), HasSubstr(",running,,,2025-11-03T17:00:00Z,,,,90,"));
}

TEST(ObligationCsv, RunsNoFormula) {
  for (const char* const text : {"=1", "+1", "-1", "@x", "\tx"}) {
    ExportedObligation one = obligation();
    one.promise = text;
    EXPECT_THAT(to_csv({one}), HasSubstr(std::string(",'") + text)) << text;
  }
}

/// The lines of a calendar as its readers see them.
std::vector<std::string> unfolded(Bytes text) {
  for (auto at = text.find("\r\n "); at != Bytes::npos; at = text.find("\r\n "))
    text.erase(at, 3);
  return split(text, "\r\n");
}

const CalendarFile kFile{
    .owner = "an-phat", .language = Language::vi, .made_at = parse_instant("2025-10-28T01:02:03.456Z").value()};

TEST(ObligationCalendar, HasAnEventWithAlarmsOnTheLastDay) {
  const auto lines = unfolded(to_icalendar({obligation()}, kFile));
  EXPECT_THAT(lines,
              ElementsAre("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kip//Obligations//EN", "CALSCALE:GREGORIAN",
                          "METHOD:PUBLISH", "X-WR-CALNAME:Kịp: an-phat", "BEGIN:VEVENT", "UID:obligation-7@an-phat.kip",
                          "DTSTAMP:20251028T010203Z", "DTSTART;VALUE=DATE:20251103", "DTEND;VALUE=DATE:20251104",
                          "SUMMARY:#7 99/2025/TT-BTC: phát hành",
                          "DESCRIPTION:Chế độ kế toán\\; \"mới\"\\nforms within 7 days\\nTrạng thái: đang chạy\\n"
                          "Trước: 2025-11-03T17:00:00Z",
                          "CATEGORIES:đang chạy", "TRANSP:TRANSPARENT", "BEGIN:VALARM", "ACTION:DISPLAY",
                          "DESCRIPTION:#7 99/2025/TT-BTC: phát hành", "TRIGGER:-P1DT15H", "END:VALARM", "BEGIN:VALARM",
                          "ACTION:DISPLAY", "DESCRIPTION:#7 99/2025/TT-BTC: phát hành", "TRIGGER:-PT15H", "END:VALARM",
                          "END:VEVENT", "END:VCALENDAR", ""));
}

TEST(ObligationCalendar, WakesNobodyForWhatNeedsNobody) {
  for (const ObligationState state : {ObligationState::met, ObligationState::met_late, ObligationState::waived,
                                      ObligationState::not_applicable, ObligationState::not_entitled}) {
    ExportedObligation one = obligation();
    one.view.state = state;
    EXPECT_THAT(to_icalendar({one}, kFile), Not(HasSubstr("VALARM"))) << to_string(state);
  }
  for (const ObligationState state : {ObligationState::missed, ObligationState::unconfirmed}) {
    ExportedObligation one = obligation();
    one.view.state = state;
    EXPECT_THAT(to_icalendar({one}, kFile), HasSubstr("VALARM")) << to_string(state);
  }
}

TEST(ObligationCalendar, EndsWithTheLimitWhereThatIsOnTheClock) {
  ExportedObligation one = obligation();
  one.view.due->by_clock = true;
  const Bytes text = to_icalendar({one}, kFile);
  EXPECT_THAT(text, HasSubstr("DTSTART:20251103T164500Z\r\nDTEND:20251103T170000Z\r\n"));
  EXPECT_THAT(text, HasSubstr("TRIGGER:-PT1H\r\n"));
}

TEST(ObligationCalendar, LeavesOutWhatHasNoLimit) {
  ExportedObligation one = obligation();
  one.view.due.reset();
  EXPECT_THAT(to_icalendar({one}, kFile), Not(HasSubstr("VEVENT")));
}

TEST(ObligationCalendar, BreaksLinesBetweenCharactersOnly) {
  ExportedObligation one = obligation();
  for (int count = 0; count < 80; ++count)
    one.act_title += count % 3 == 0 ? "ế" : "年a";
  const Bytes text = to_icalendar({one}, kFile);
  for (const std::string& line : split(text, "\r\n")) {
    EXPECT_LE(line.size(), 75U);
    EXPECT_TRUE(is_utf8(line)) << line;
  }
  EXPECT_THAT(unfolded(text), ::testing::Contains(HasSubstr(one.act_title.substr(25))));
}

TEST(ObligationCalendar, TakesNoLinesFromOutside) {
  ExportedObligation one = obligation();
  one.act_title = "x\r\nEND:VEVENT\r\nBEGIN:VALARM,\\;\x7F";
  const auto lines = unfolded(to_icalendar({one}, kFile));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "END:VEVENT"), 1);
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("DESCRIPTION:x\\nEND:VEVENT\\nBEGIN:VALARM\\,\\\\\\;\\n")));
}

TEST(ObligationState, HasWordsInEveryLanguage) {
  for (int number = 0; number <= static_cast<int>(ObligationState::tracked); ++number) {
    const std::string_view code = to_string(static_cast<ObligationState>(number));
    for (const Language language : {Language::vi, Language::hu, Language::zh}) {
      EXPECT_THAT(state_words(code, language), Not(AnyOf("", code))) << code << to_string(language);
    }
  }
  EXPECT_EQ(state_words("met_late", Language::en), "MET LATE");
  EXPECT_EQ(state_words("no_state", Language::en), "no_state");
}

TEST(ObligationCalendar, SaysTheStateInItsLanguage) {
  ExportedObligation one = obligation();
  one.view.state = ObligationState::missed;
  CalendarFile file = kFile;
  file.language = Language::zh;
  EXPECT_THAT(to_icalendar({one}, file), HasSubstr("已逾期"));
}

}  // namespace
}  // namespace kip
