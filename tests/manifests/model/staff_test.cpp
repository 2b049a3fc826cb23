#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/staff.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;

/// The table that docs/formats/staff.md shows between its marks.
std::string table() {
  std::string out = "| action |";
  for (const StaffRole role : staff_roles())
    out += fmt::format(" {} |", to_string(role));
  out += " |\n|---|";
  for (std::size_t i = 0; i < staff_roles().size(); ++i)
    out += "---|";
  out += "---|\n";
  for (const ActionRule& rule : action_rules()) {
    out += fmt::format("| `{}` |", rule.name);
    for (const StaffRole role : staff_roles())
      out += rule.roles.contains(role) ? " yes |" : " |";
    out += fmt::format(" {} |\n", rule.about);
  }
  return out;
}

TEST(Staff, TheTableInTheDocumentationIsThatOfTheCode) {
  const std::string page = kip::testing::read_file(KIP_DOCS "/formats/staff.md");
  EXPECT_NE(page.find(table()), std::string::npos) << "put this into docs/formats/staff.md:\n" << table();
}

TEST(Staff, NamesOfActionsAndRolesAreReadAsTheyAreWritten) {
  for (const ActionRule& rule : action_rules())
    EXPECT_EQ(parse_staff_action(rule.name).value(), rule.action);
  for (const StaffRole role : staff_roles())
    EXPECT_EQ(parse_staff_role(to_string(role)).value(), role);
  EXPECT_THAT(parse_staff_action("everything"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_staff_role("admin"), fails_with(ErrorCode::malformed));
}

TEST(Staff, AnAuditorChangesNothingAndAnAdministratorOnlyPeopleAndAlerts) {
  EXPECT_THAT(actions_of({StaffRole::auditor}),
              ::testing::UnorderedElementsAre(StaffAction::read, StaffAction::evidence_export, StaffAction::own));
  EXPECT_THAT(actions_of({StaffRole::administrator}),
              ::testing::UnorderedElementsAre(StaffAction::read, StaffAction::alerts_manage, StaffAction::people_manage,
                                              StaffAction::own));
}

TEST(Staff, RolesAddUp) {
  EXPECT_TRUE(actions_of({}).empty());
  EXPECT_EQ(actions_of(every_role()).size(), action_rules().size());
}

}  // namespace
}  // namespace kip
