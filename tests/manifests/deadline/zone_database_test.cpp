#include <gtest/gtest.h>

#include <manifests/deadline/zone_database.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

std::chrono::local_seconds local(const char* date, int hour = 0) {
  return std::chrono::local_seconds(parse_date(date)->time_since_epoch()) + std::chrono::hours(hour);
}

struct Row {
  const char* name;
  const char* zone;
  const char* date;
  int hour;
  const char* instant;
  int offset_minutes;
};

class SystemZones : public ::testing::TestWithParam<Row> {};

TEST_P(SystemZones, TurnLocalTimeIntoUtc) {
  const Row& row = GetParam();
  const auto found = system_zone_database()->to_utc(row.zone, local(row.date, row.hour));
  ASSERT_THAT(found, is_ok());
  EXPECT_EQ(format_instant(found->instant), row.instant);
  EXPECT_EQ(found->utc_offset, std::chrono::minutes(row.offset_minutes));
}

INSTANTIATE_TEST_SUITE_P(
    Zones, SystemZones,
    ::testing::Values(Row{"vietnam", "Asia/Ho_Chi_Minh", "2025-11-04", 0, "2025-11-03T17:00:00Z", 420},
                      Row{"hungary_summer", "Europe/Budapest", "2025-05-06", 0, "2025-05-05T22:00:00Z", 120},
                      Row{"hungary_winter", "Europe/Budapest", "2025-10-28", 0, "2025-10-27T23:00:00Z", 60},
                      // Skipped: clocks went from 02:00 to 03:00.
                      Row{"skipped", "Europe/Budapest", "2025-03-30", 2, "2025-03-30T01:00:00Z", 120},
                      // Twice: clocks went from 03:00 back to 02:00.
                      Row{"twice", "Europe/Budapest", "2025-10-26", 2, "2025-10-26T00:00:00Z", 120},
                      // Beyond the years that the files list.
                      Row{"summer_2038", "Europe/Budapest", "2038-06-09", 0, "2038-06-08T22:00:00Z", 120},
                      Row{"winter_2038", "Europe/Budapest", "2038-01-09", 0, "2038-01-08T23:00:00Z", 60},
                      Row{"before_the_change_2040", "Europe/Budapest", "2040-03-25", 1, "2040-03-25T00:00:00Z", 60},
                      Row{"skipped_2040", "Europe/Budapest", "2040-03-25", 2, "2040-03-25T01:00:00Z", 120},
                      Row{"twice_2099", "Europe/Budapest", "2099-10-25", 2, "2099-10-25T00:00:00Z", 120},
                      Row{"south_2050", "America/Santiago", "2050-01-10", 0, "2050-01-10T03:00:00Z", -180},
                      // A midnight that did not exist.
                      Row{"no_midnight", "Africa/Cairo", "2023-04-28", 0, "2023-04-27T22:00:00Z", 180}),
    [](const auto& row) { return row.param.name; });

TEST(SystemZones, GiveTheOffsetInForceAtAnInstant) {
  const auto zones = system_zone_database();
  const auto offset = [&](const char* at) {
    return zones->at("Europe/Budapest", *parse_instant(at)).value().utc_offset;
  };
  EXPECT_EQ(offset("2025-10-26T00:59:59Z"), std::chrono::hours(2));
  EXPECT_EQ(offset("2025-10-26T01:00:00Z"), std::chrono::hours(1));
  EXPECT_THAT(zones->at("Asia/Atlantis", Instant()), fails_with(ErrorCode::not_found, "Asia/Atlantis"));
}

TEST(SystemZones, RefuseAZoneThatDoesNotExist) {
  EXPECT_THAT(system_zone_database()->to_utc("Asia/Atlantis", local("2025-11-04")),
              fails_with(ErrorCode::not_found, "Asia/Atlantis"));
}

TEST(SystemZones, KnowTheirVersion) {
  const std::string version = system_zone_database()->version();
  ASSERT_GE(version.size(), 5U) << version;
  EXPECT_EQ(version.substr(0, 2), "20") << version;
}

TEST(TzdataVersion, IsTheThirdWordOfTheFirstLine) {
  EXPECT_EQ(tzdata_version("# version 2025b\n"), "2025b");
  EXPECT_EQ(tzdata_version("# version 2024a\n# redo\n"), "2024a");
  for (const char* text : {"", "2025b", "# version", "# version \n", "# This zic input file is public domain\n"}) {
    EXPECT_EQ(tzdata_version(text), "unknown") << text;
  }
}

}  // namespace
}  // namespace kip
