#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/entitlement.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LegalDate day(const char* text) {
  return parse_date(text).value();
}

Version version(const char* text) {
  return Version::parse(text).value();
}

ActKey act(const char* number) {
  return ActKey::create("BTC", number, 2025).value();
}

Customer customer(const char* periods = "01/01/2025-31/12/2025") {
  return {.tax_code = TaxCode::parse("X1").value(),
          .name = "X",
          .product = ProductId::parse("forms").value(),
          .contract_start = day("2025-01-01"),
          .periods = ContractPeriods::parse(periods).value()};
}

TEST(EntitlementView, ReachesToTheNewestReleaseInsideAndShowsWhatLiesBeyond) {
  const std::vector<ReleaseFact> releases = {{version("1.0"), day("2025-03-01")},
                                             {version("1.2"), day("2025-12-31")},
                                             {version("1.10"), day("2025-06-01")},
                                             {version("2.0"), day("2026-01-01")},
                                             {version("3.0"), day("2026-03-01")}};
  const EntitlementView inside = entitlement_view(customer(), day("2025-12-31"), releases, {});
  EXPECT_TRUE(inside.state.is_entitled());
  EXPECT_EQ(inside.newest, version("1.10"));
  EXPECT_THAT(inside.beyond, IsEmpty());
  const EntitlementView after = entitlement_view(customer(), day("2026-02-01"), releases, {});
  EXPECT_FALSE(after.state.is_entitled());
  EXPECT_EQ(after.newest, version("1.10"));
  EXPECT_THAT(after.beyond, ElementsAre(version("2.0"))) << "3.0 is not out yet on that day";
}

TEST(EntitlementView, WhatAroseWhileEntitledIsStillDelivered) {
  const std::vector<ReleaseFact> releases = {{version("2.0"), day("2026-01-05"), {act("1/2025")}},
                                             {version("2.1"), day("2026-02-05"), {act("2/2025")}}};
  const std::vector<ArisenAct> acts = {{act("1/2025"), day("2025-12-31")}, {act("2/2025"), day("2026-01-01")}};
  const EntitlementView view = entitlement_view(customer(), day("2026-03-01"), releases, acts);
  EXPECT_THAT(view.still_owed, ElementsAre(version("2.0")));
  EXPECT_THAT(view.beyond, ElementsAre(version("2.1")));
  Customer later = customer();
  later.obligations_from = day("2026-01-01");
  EXPECT_THAT(entitlement_view(later, day("2026-03-01"), releases, acts).still_owed, IsEmpty());
}

struct WarningRow {
  const char* on;
  int days;
};

TEST(EntitlementView, TheEndIsWarnedOfSixtyThirtyAndSevenDaysAhead) {
  const std::vector<WarningRow> rows = {{"2025-10-31", 0},  {"2025-11-01", 60}, {"2025-11-30", 60}, {"2025-12-01", 30},
                                        {"2025-12-23", 30}, {"2025-12-24", 7},  {"2025-12-31", 7},  {"2026-01-01", 0}};
  for (const WarningRow& row : rows)
    EXPECT_EQ(entitlement_view(customer(), day(row.on), {}, {}).ends_within.value_or(0), row.days) << row.on;
}

TEST(EntitlementView, PeriodsThatFollowEachOtherAreOneAndGapsAreNot) {
  const Customer joined = customer("01/01/2025-31/03/2025|01/04/2025-30/06/2025|02/07/2025-31/12/2025");
  EXPECT_EQ(entitlement_view(joined, day("2025-02-01"), {}, {}).last_day, day("2025-06-30"));
  EXPECT_FALSE(entitlement_view(joined, day("2025-07-01"), {}, {}).last_day);
  EXPECT_EQ(entitlement_view(joined, day("2025-07-02"), {}, {}).last_day, day("2025-12-31"));
  EXPECT_EQ(entitlement_view(customer("12+24"), day("2025-02-01"), {}, {}).last_day, day("2028-01-01"));
}

TEST(EntitlementView, BeyondThePeriodsWorkMayBeByTheHour) {
  Customer hourly = customer();
  hourly.by_the_hour = true;
  EXPECT_FALSE(entitlement_view(hourly, day("2025-12-31"), {}, {}).by_the_hour);
  EXPECT_TRUE(entitlement_view(hourly, day("2026-01-01"), {}, {}).by_the_hour);
}

}  // namespace
}  // namespace kip
