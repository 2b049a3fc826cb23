#include <gtest/gtest.h>

#include <manifests/codec/reader.hpp>
#include <manifests/deadline/calendar_book.hpp>
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

/// What a profile of the table means to us.
struct Meaning {
  const char* country;
  const char* rule;
  CalendarProfile profile;
};

Meaning meaning_of(const std::string& profile) {
  if (profile == "PUB") return {"VN", "VN-CIVIL-2015", CalendarProfile::all_rows};
  if (profile == "STAT") return {"VN", "VN-CIVIL-2015", CalendarProfile::statutory};
  if (profile == "HU") return {"HU", "HU-CONTRACT", CalendarProfile::all_rows};
  if (profile == "CN") return {"CN", "CN-CIVIL", CalendarProfile::all_rows};
  throw std::runtime_error("no meaning of " + profile);
}

std::vector<Case> cases() {
  const json::Value file = json::parse(testing::read_file(KIP_TEST_DATA "/deadline-cases.json")).value();
  std::vector<Case> out;
  for (const json::Value& value : *file.as_array()) {
    json::ObjectReader in(value, "case");
    Case row{in.text("id"),       in.text("profile"),  in.text("start"),      in.integer("days", 1, 3660),
             in.text("raw_last"), in.text("deadline"), in.text("instant_utc")};
    if (!in.finish(json::ObjectReader::Unknown::refuse)) throw std::runtime_error("bad case " + row.id);
    out.push_back(std::move(row));
  }
  return out;
}

class DeadlineCase : public ::testing::TestWithParam<Case> {};

TEST_P(DeadlineCase, GivesTheDayAndInstantOfTheTable) {
  const Case& row = GetParam();
  const Meaning meaning = meaning_of(row.profile);
  static const CalendarBook kCalendars = CalendarBook::built_in();
  const auto zones = system_zone_database();
  const auto deadline = compute_deadline({.rule = meaning.rule,
                                          .calendar = *kCalendars.find(meaning.country).value(),
                                          .profile = meaning.profile,
                                          .trigger_date = *parse_date(row.start),
                                          .period = *Period::create(row.days, PeriodUnit::day)},
                                         *zones);
  ASSERT_THAT(deadline, testing::is_ok());
  EXPECT_EQ(format_date(deadline->raw_last_day), row.raw_last);
  EXPECT_EQ(format_date(deadline->last_day), row.deadline);
  EXPECT_EQ(format_instant(deadline->due), row.instant_utc);
}

INSTANTIATE_TEST_SUITE_P(Table, DeadlineCase, ::testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.id; });

TEST(DeadlineCases, TheTableHasNotShrunk) {
  EXPECT_GE(cases().size(), 38U);
}

}  // namespace
}  // namespace kip
