#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/deadline/explain.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

Act act_of(std::string_view number, std::string_view title = "t") {
  return {.key = ActKey::create("BTC", number, 2025).value(),
          .title = std::string(title),
          .signed_on = parse_date("2025-10-27").value(),
          .changes = {ActChange::report_form}};
}

TEST(Registry, AnActOpensAnObligationPerCommitmentThatCoversIt) {
  World world;
  world.register_act_and_commitments();
  const auto registered = world.registry.register_acts("staff:an", {act_of("101/2025/TT-BTC")}, false).value();
  ASSERT_EQ(registered.size(), 1U);
  EXPECT_TRUE(registered[0].created);
  std::vector<std::int64_t> numbers;
  for (const BoardEntry& entry : registered[0].obligations)
    numbers.push_back(entry.view.number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{4, 5, 6}));  // 1 to 3 are those of the first act
  EXPECT_EQ(format_instant(registered[0].obligations[0].view.due->due), "2025-11-03T17:00:00Z");
}

TEST(Registry, ALaterCommitmentOpensObligationsForActsThatAreThere) {
  World world;
  ASSERT_THAT(world.registry.register_acts("staff:an", {act_of("1/2025"), act_of("2/2025")}, false), is_ok());
  const auto all = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  const auto imported = world.registry.import_commitments("staff:an", {all[0]}).value();
  EXPECT_EQ(imported.added, 1);
  EXPECT_EQ(imported.obligations_opened, 2);
}

TEST(Registry, TheSameActAgainChangesNothing) {
  World world;
  ASSERT_THAT(world.registry.register_acts("staff:an", {act_of("1/2025")}, false), is_ok());
  const auto events = world.event_types();
  const auto again = world.registry.register_acts("staff:an", {act_of("1/2025"), act_of("1/2025")}, false).value();
  EXPECT_FALSE(again[0].created);
  EXPECT_FALSE(again[1].created);
  EXPECT_EQ(world.event_types(), events);
}

TEST(Registry, AnActWithOtherContentRefusesTheWholeListAndNamesIt) {
  World world;
  ASSERT_THAT(world.registry.register_acts("staff:an", {act_of("1/2025")}, false), is_ok());
  const auto events = world.event_types();
  EXPECT_THAT(world.registry.register_acts("staff:an", {act_of("2/2025"), act_of("1/2025", "other")}, false),
              fails_with(ErrorCode::conflict, "BTC:1/2025:2025"));
  EXPECT_EQ(world.event_types(), events);
}

TEST(Registry, OneNumberOfTwoIssuersOrYearsIsTwoActs) {
  World world;
  Act other_issuer = act_of("1/2025");
  other_issuer.key = ActKey::create("TCT", "1/2025", 2025).value();
  Act other_year = act_of("1/2025");
  other_year.key = ActKey::create("BTC", "1/2025", 2024).value();
  const auto registered =
      world.registry.register_acts("staff:an", {act_of("1/2025"), other_issuer, other_year}, false).value();
  for (const RegisteredAct& act : registered)
    EXPECT_TRUE(act.created) << act.act.key.str();
}

TEST(Registry, ADryRunSaysWhatWouldBeAndKeepsNothing) {
  World world;
  world.register_act_and_commitments();
  const auto events = world.event_types();
  const auto dry = world.registry.register_acts("staff:an", {act_of("7/2025")}, true).value();
  EXPECT_TRUE(dry[0].created);
  EXPECT_EQ(dry[0].obligations.size(), 3U);
  EXPECT_EQ(world.event_types(), events);
}

TEST(Registry, AChangedCommitmentIsAConflict) {
  World world;
  world.register_act_and_commitments();
  auto all = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  EXPECT_EQ(world.registry.import_commitments("staff:an", all).value().unchanged, 3);
  all[1].clause += " And more.";
  EXPECT_THAT(world.registry.import_commitments("staff:an", all),
              fails_with(ErrorCode::conflict, "commitment forms-installed-7d"));
}

TEST(Registry, ACommitmentNeedsACalendarThatIsHere) {
  World world;
  auto all = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  all[0].calendar = "HU";
  EXPECT_THAT(world.registry.import_commitments("staff:an", {all[0]}),
              fails_with(ErrorCode::not_found, "calendar of HU"));
}

TEST(Registry, APromiseThatACustomersListNamesAndNobodyHasRegisteredIsTold) {
  World world;
  world.register_act_and_commitments();
  world.import_customer();
  Customer customer = world.customer("");
  customer.commitments = {"forms-published-7d", "no-such-promise"};
  const auto imported = world.registry.import_customers("staff:an", {customer}, true).value();
  ASSERT_EQ(imported.warnings.size(), 1U);
  EXPECT_EQ(imported.warnings[0].first, customer.tax_code);
  EXPECT_EQ(imported.warnings[0].second.code, "promise-unknown");
  EXPECT_THAT(imported.warnings[0].second.message, ::testing::HasSubstr("\"no-such-promise\""));
}

TEST(Registry, WhatAListDropsOfACustomerIsTold) {
  World world;
  Customer customer = world.customer("");
  customer.attributes = {{CustomerAttribute::regime, "TT200"}};
  customer.phone = "024 1234";
  customer.email = "a@b.example";
  EXPECT_TRUE(world.registry.import_customers("staff:an", {customer}, false).value().warnings.empty());
  customer.phone.clear();
  customer.email = "c@d.example";
  customer.attributes.clear();
  const auto imported = world.registry.import_customers("staff:an", {customer}, true).value();
  ASSERT_EQ(imported.warnings.size(), 1U);
  EXPECT_EQ(imported.warnings[0].second.code, "facts-dropped");
  EXPECT_THAT(imported.warnings[0].second.message, ::testing::EndsWith(": phone, regime"));
}

TEST(Registry, CustomersAreAddedChangedOrLeft) {
  World world;
  world.import_customer();
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  Customer customer = unit->projection().customers.all().value().front();
  EXPECT_EQ(world.registry.import_customers("staff:an", {customer}, false).value().unchanged, 1);
  customer.seats = 5;
  EXPECT_EQ(world.registry.import_customers("staff:an", {customer}, true).value().changed, 1);
  EXPECT_EQ(world.registry.import_customers("staff:an", {customer}, false).value().changed, 1);
  EXPECT_EQ(world.registry.import_customers("staff:an", {customer}, false).value().unchanged, 1);
}

}  // namespace
}  // namespace kip::server::testing
