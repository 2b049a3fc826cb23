#include <gtest/gtest.h>

#include <manifests/codec/reader.hpp>
#include <manifests/deadline/engine.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

/// A row of deadline-cases.json: computed by hand and against other libraries.
struct Case {
  std::string id;
  std::string profile;
  std::string start;
  std::int64_t days = 0;
  std::string raw_last;
  std::string deadline;
  std::string instant_utc;
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.id << ": " << row.days << " days after " << row.start;
}

/// The rows of Vietnam; the others belong to rules that are not here.
std::vector<Case> vietnamese_cases() {
  const json::Value file = json::parse(testing::read_file(KIP_TEST_DATA "/deadline-cases.json")).value();
  std::vector<Case> out;
  for (const json::Value& value : *file.as_array()) {
    json::ObjectReader in(value, "case");
    Case row{in.text("id"),       in.text("profile"),  in.text("start"),      in.integer("days", 1, 3660),
             in.text("raw_last"), in.text("deadline"), in.text("instant_utc")};
    if (!in.finish(json::ObjectReader::Unknown::refuse)) throw std::runtime_error("bad case " + row.id);
    if (row.profile == "PUB" || row.profile == "STAT") out.push_back(std::move(row));
  }
  return out;
}

const Calendar& vietnam() {
  static const Calendar kCalendar = parse_calendar(testing::read_file(KIP_SAMPLES "/calendars/VN.json")).value();
  return kCalendar;
}

class VietnameseCase : public ::testing::TestWithParam<Case> {};

TEST_P(VietnameseCase, GivesTheDayAndInstantOfTheTable) {
  const Case& row = GetParam();
  const auto zones = system_zone_database();
  const auto profile = row.profile == "PUB" ? CalendarProfile::all_rows : CalendarProfile::statutory;
  const auto deadline = compute_deadline({.rule = "VN-CIVIL-2015",
                                          .calendar = vietnam(),
                                          .profile = profile,
                                          .trigger_date = *parse_date(row.start),
                                          .period = *Period::create(row.days, PeriodUnit::day)},
                                         *zones);
  ASSERT_THAT(deadline, testing::is_ok());
  EXPECT_EQ(format_date(deadline->raw_last_day), row.raw_last);
  EXPECT_EQ(format_date(deadline->last_day), row.deadline);
  EXPECT_EQ(format_instant(deadline->due), row.instant_utc);
}

INSTANTIATE_TEST_SUITE_P(Table, VietnameseCase, ::testing::ValuesIn(vietnamese_cases()),
                         [](const auto& row) { return row.param.id; });

TEST(VietnameseCases, TheTableHasNotShrunk) {
  EXPECT_GE(vietnamese_cases().size(), 29U);
}

}  // namespace
}  // namespace kip
