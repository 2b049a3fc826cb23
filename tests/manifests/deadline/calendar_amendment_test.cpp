#include <gtest/gtest.h>

#include <manifests/deadline/calendar_amendment.hpp>
#include <manifests/deadline/calendar_book.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

constexpr auto kPublic = CalendarProfile::all_rows;

LegalDate day(const char* text) {
  return *parse_date(text);
}

const Calendar& vietnam() {
  static const CalendarBook kBook = CalendarBook::built_in();
  return *kBook.find("VN").value();
}

Result<Calendar> amended(const std::string& members) {
  const std::string text =
      R"({"format":"kip.calendar-amendment/1","country":"VN","version":"an-phat.1",)" + members + "}";
  KIP_TRY(const CalendarAmendment amendment, parse_calendar_amendment(text));
  return vietnam().amended(amendment);
}

TEST(CalendarAmendment, ConfirmsADayThatThenCounts) {
  ASSERT_TRUE(vietnam().is_working_day(day("2026-11-23"), kPublic));
  const auto calendar = amended(R"("confirm":[{"date":"2026-11-23","source":"dispatch 1"}])");
  ASSERT_THAT(calendar, is_ok());
  EXPECT_FALSE(calendar->is_working_day(day("2026-11-23"), kPublic));
  EXPECT_EQ(calendar->unconfirmed(day("2026-11-23"), kPublic), nullptr);
  EXPECT_NE(calendar->unconfirmed(day("2026-11-28"), kPublic), nullptr) << "the other stays a proposal";
  EXPECT_EQ(calendar->version(), "VN-2027.1+an-phat.1");
}

TEST(CalendarAmendment, RejectsADayThatThenNeitherCountsNorWarns) {
  const auto calendar = amended(R"("reject":[{"date":"2026-11-28","source":"dispatch 1"}])");
  ASSERT_THAT(calendar, is_ok());
  EXPECT_FALSE(calendar->is_working_day(day("2026-11-28"), kPublic));
  EXPECT_EQ(calendar->unconfirmed(day("2026-11-28"), kPublic), nullptr);
}

TEST(CalendarAmendment, AddsADayAndTakesThePlaceOfOne) {
  const auto calendar = amended(
      R"("days":[{"date":"2027-02-04","name":"Tết","kind":"off","type":"statutory","source":"s"},
                 {"date":"2027-02-10","name":"làm bù","kind":"work","type":"swap","source":"s"}])");
  ASSERT_THAT(calendar, is_ok());
  EXPECT_FALSE(calendar->is_working_day(day("2027-02-04"), kPublic));
  EXPECT_EQ(calendar->unconfirmed(day("2027-02-04"), kPublic), nullptr);
  EXPECT_TRUE(calendar->is_working_day(day("2027-02-10"), kPublic));
}

TEST(CalendarAmendment, MakesProvisionalDaysCovered) {
  const auto part = amended(R"("complete_to":"2027-06-30")");
  ASSERT_THAT(part, is_ok());
  EXPECT_TRUE(part->covers(day("2027-06-30")));
  EXPECT_EQ(*part->provisional(), (DateRange{day("2027-07-01"), day("2027-12-31")}));
  const auto all = amended(R"("complete_to":"2027-12-31")");
  ASSERT_THAT(all, is_ok());
  EXPECT_FALSE(all->provisional());
}

TEST(CalendarAmendment, ADayThatTheCalendarHasMeanwhileConfirmedIsNoFault) {
  EXPECT_THAT(amended(R"("confirm":[{"date":"2026-11-24","source":"s"}])"), is_ok());
}

struct Fault {
  const char* name;
  const char* members;
  ErrorCode code;
  const char* message;
};

class AmendmentFault : public ::testing::TestWithParam<Fault> {};

TEST_P(AmendmentFault, IsRefusedWithItsPlace) {
  EXPECT_THAT(amended(GetParam().members), fails_with(GetParam().code, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, AmendmentFault,
    ::testing::Values(
        Fault{"no_proposal", R"("confirm":[{"date":"2026-11-25","source":"s"}])", ErrorCode::not_found, "2026-11-25"},
        Fault{"nothing_to_reject", R"("reject":[{"date":"2026-11-25","source":"s"}])", ErrorCode::not_found, "reject"},
        Fault{"twice",
              R"("confirm":[{"date":"2026-11-23","source":"s"}],"reject":[{"date":"2026-11-23","source":"s"}])",
              ErrorCode::malformed, "twice"},
        Fault{"shorter", R"("complete_to":"2025-06-30")", ErrorCode::malformed, "already"},
        Fault{"year_without_a_day", R"("complete_to":"2028-12-31")", ErrorCode::malformed, "2028"},
        Fault{"no_source", R"("confirm":[{"date":"2026-11-23"}])", ErrorCode::malformed, "source"},
        Fault{"row_without_source", R"("days":[{"date":"2027-02-04","name":"x","kind":"off","type":"statutory"}])",
              ErrorCode::malformed, "source"},
        Fault{"beyond", R"("days":[{"date":"2028-02-04","name":"x","kind":"off","type":"statutory","source":"s"}])",
              ErrorCode::malformed, "2028-02-04"},
        Fault{"unknown", R"("days_off":[])", ErrorCode::malformed, "days_off"}),
    [](const auto& row) { return row.param.name; });

std::string amendment_text(const char* country) {
  return std::string(R"({"format":"kip.calendar-amendment/1","country":")") + country +
         R"(","version":"1","complete_to":"2027-03-31"})";
}

TEST(CalendarBook, AppliesAmendmentsWhereverTheyStand) {
  const std::string calendar = testing::read_file(KIP_SAMPLES "/calendars/VN.json");
  const auto book = CalendarBook::create({{"a.json", amendment_text("VN")}, {"b.json", calendar}});
  ASSERT_THAT(book, is_ok());
  EXPECT_EQ(book->find("VN").value()->version(), "VN-2027.1+1");
}

TEST(CalendarBook, AmendsTheBuiltInCalendarWhereTheFolderHasNone) {
  const auto book = CalendarBook::over(CalendarBook::built_in(), {{"a.json", amendment_text("HU")}});
  ASSERT_THAT(book, is_ok());
  EXPECT_EQ(book->find("HU").value()->version(), "HU-2027.1+1");
  EXPECT_EQ(book->find("VN").value()->version(), "VN-2027.1");
}

TEST(CalendarBook, RefusesTwoCalendarsOfACountryAndAmendmentsOfNone) {
  const std::string calendar = testing::read_file(KIP_SAMPLES "/calendars/VN.json");
  EXPECT_THAT(CalendarBook::create({{"a.json", calendar}, {"b.json", calendar}}),
              fails_with(ErrorCode::conflict, "b.json"));
  EXPECT_THAT(CalendarBook::create({{"a.json", amendment_text("VN")}}), fails_with(ErrorCode::not_found, "a.json"));
}

TEST(CoverageWarning, ComesNinetyDaysAhead) {
  EXPECT_FALSE(coverage_warning(vietnam(), day("2026-10-01")));
  EXPECT_EQ(coverage_warning(vietnam(), day("2026-10-02"))->code, "coverage-ends-soon");
  EXPECT_EQ(coverage_warning(vietnam(), day("2026-12-31"))->code, "coverage-ends-soon");
  EXPECT_EQ(coverage_warning(vietnam(), day("2027-01-01"))->code, "coverage-ended");
}

}  // namespace
}  // namespace kip
