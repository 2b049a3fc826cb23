#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/act_relations.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Act act(const char* number, int year, const char* signed_on, std::vector<std::string> replaces = {},
        std::vector<std::string> amends = {}) {
  return {.key = ActKey::create("BTC", number, year).value(),
          .signed_on = parse_date(signed_on).value(),
          .changes = {ActChange::report_form},
          .amends = std::move(amends),
          .replaces = std::move(replaces)};
}

TEST(ActRelations, AreSeenFromBothEnds) {
  const Act old = act("200/2014/TT-BTC", 2014, "2014-12-22");
  const Act amending = act("53/2016/TT-BTC", 2016, "2016-03-21", {}, {"200/2014/TT-BTC"});
  const Act replacing = act("99/2025/TT-BTC", 2025, "2025-10-27", {"BTC:200/2014/TT-BTC:2014", "75/2015/TT-BTC"});
  const std::vector<Act> all = {old, amending, replacing};
  EXPECT_THAT(relations_of(old, all),
              ElementsAre(Relation{RelationKind::amended_by, "BTC:53/2016/TT-BTC:2016", amending.key},
                          Relation{RelationKind::replaced_by, "BTC:99/2025/TT-BTC:2025", replacing.key}));
  EXPECT_THAT(relations_of(replacing, all),
              ElementsAre(Relation{RelationKind::replaces, "BTC:200/2014/TT-BTC:2014", old.key},
                          Relation{RelationKind::replaces, "75/2015/TT-BTC", std::nullopt}));
  EXPECT_THAT(check_relations(replacing, all), IsEmpty());
}

TEST(ActRelations, ANumberThatTwoActsHaveMeansNeither) {
  const Act one = act("58", 2024, "2024-05-25");
  const Act other = act("58", 2025, "2025-05-25");
  const Act later = act("60", 2026, "2026-01-01", {"58"});
  EXPECT_THAT(relations_of(later, {one, other, later}),
              ElementsAre(Relation{RelationKind::replaces, "58", std::nullopt}));
  EXPECT_THAT(relations_of(one, {one, other, later}), IsEmpty());
}

TEST(ActRelations, ToItselfOrToALaterActAreWarnedAbout) {
  const Act later = act("60", 2026, "2026-01-01");
  const Act subject = act("58", 2025, "2025-05-25", {"58", "60"});
  const auto warnings = check_relations(subject, {subject, later});
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].code, "relation-to-itself");
  EXPECT_EQ(warnings[1].code, "relation-to-later-act");
}

}  // namespace
}  // namespace kip
