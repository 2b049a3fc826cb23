#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/coverage.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::IsEmpty;
using Row = CoverageRow;

ActSeries circulars() {
  return make_series("BTC", 2025, "TT-BTC").value();
}

ActKey act(const char* number, int year = 2025) {
  return ActKey::create("BTC", number, year).value();
}

TEST(ActSeries, IsWhatStandsBehindNumberAndYear) {
  const auto place = place_of(act("99/2025/TT-BTC"));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->number, 99);
  EXPECT_EQ(place->series, circulars());
  EXPECT_EQ(place_of(ActKey::create("CP", "123/2020/N\u00D0-CP", 2020).value())->series,
            make_series("cp", 2020, "N\u0110-CP").value());
  for (const char* other : {"99", "99/2025", "99/2025/", "TT 99/2025/BTC", "0/2025/TT-BTC", "100001/2025/TT-BTC",
                            "99999999999/2025/TT-BTC", "-1/2025/TT-BTC"})
    EXPECT_FALSE(place_of(act(other))) << other;
  EXPECT_THAT(make_series("BTC", 2025, ""), fails_with(ErrorCode::malformed));
  EXPECT_THAT(make_series("BTC", 2025, "a\nb"), fails_with(ErrorCode::malformed));
}

TEST(ActSeries, IsFoundInTheNumbersOfThreeCountries) {
  struct Case {
    const char* number;
    int year;
    int place;
    const char* series;
  };
  for (const Case& one : std::vector<Case>{{"8/2025. (III. 31.) NGM", 2025, 8, "NGM"},
                                           {"8/2025.(III.31.) NGM rendelet", 2025, 8, "NGM"},
                                           {"1234/2025. (V. 2.) Korm. határozat", 2025, 1234, "Korm. határozat"},
                                           {"9/2025 (IV. 1.) NGM", 2025, 9, "NGM"},
                                           {"1913/QĐ-BTC", 2025, 1913, "QĐ-BTC"},
                                           {"財会〔2019〕８号", 2019, 8, "財会"},
                                           {"2007. évi CXXVII. törvény", 2007, 127, "törvény"},
                                           {"财会〔2019〕6号", 2019, 6, "财会"},
                                           {"财会[2019]6号", 2019, 6, "财会"},
                                           {"财会（2019）第6号", 2019, 6, "财会"},
                                           {"国家税务总局公告2021年第20号", 2021, 20, "国家税务总局公告"}}) {
    const auto place = place_of(act(one.number, one.year));
    ASSERT_TRUE(place) << one.number;
    EXPECT_EQ(place->number, one.place) << one.number;
    EXPECT_EQ(place->series, make_series("BTC", one.year, one.series).value()) << one.number;
  }
  EXPECT_EQ(place_of(act("99/2024/TT-BTC"))->series.year, 2024) << "the number's own year";
  for (const char* other :
       {"8/2025. III. 31. NGM", "8/2025. (III. 31. NGM", "8/2025. (III. 31.)", "2025. évi IIII. törvény",
        "2025. évi 5. törvény", "2025. évi . törvény", "2025. évi V törvény", "财会〔2025〕6", "财会〔2025〕号",
        "财会〔2025]6号", "〔2025〕6号", "公告2025年6号", "公告2025年第号", "2025年第6号"})
    EXPECT_FALSE(place_of(act(other))) << other;
}

TEST(Coverage, EveryNumberIsDisposedOfOrAGap) {
  Coverage coverage(circulars());
  ASSERT_THAT(coverage.extend({10, "gazette", "staff:an"}), is_ok());
  ASSERT_THAT(coverage.dispose({1, 3, Disposition::not_relevant, "customs", "staff:an"}), is_ok());
  ASSERT_THAT(coverage.dispose({6, 6, Disposition::not_obtained, "not yet online", "staff:an"}), is_ok());
  const std::vector<CoveredAct> acts = {{act("2/2025/TT-BTC"), true},
                                        {act("8/2025/TT-BTC"), false},
                                        {act("9/2025/QD-BTC"), true},
                                        {act("9/2024/TT-BTC", 2024), true}};
  EXPECT_THAT(register_of(coverage, acts),
              ElementsAre(Row{1, 1, NumberState::not_relevant, "", "customs", "staff:an"},
                          Row{2, 2, NumberState::with_obligation, "BTC:2/2025/TT-BTC:2025"},
                          Row{3, 3, NumberState::not_relevant, "", "customs", "staff:an"}, Row{4, 5},
                          Row{6, 6, NumberState::not_obtained, "", "not yet online", "staff:an"}, Row{7, 7},
                          Row{8, 8, NumberState::registered, "BTC:8/2025/TT-BTC:2025"}, Row{9, 10}));
}

TEST(Coverage, ALaterWordCountsBeforeAnEarlierOneAndBothAreKept) {
  Coverage coverage(circulars());
  ASSERT_THAT(coverage.dispose({1, 2, Disposition::not_obtained, "not yet online", "staff:an"}), is_ok());
  ASSERT_THAT(coverage.dispose({2, 2, Disposition::not_relevant, "customs", "staff:binh"}), is_ok());
  EXPECT_THAT(register_of(coverage, {}),
              ElementsAre(Row{1, 1, NumberState::not_obtained, "", "not yet online", "staff:an"},
                          Row{2, 2, NumberState::not_relevant, "", "customs", "staff:binh"}));
  EXPECT_EQ(coverage.entries().size(), 2U);
  EXPECT_EQ(parse_coverage(json::to_compact(to_json(coverage))).value(), coverage);
}

TEST(Coverage, ReachesAsFarAsAnyoneKnows) {
  Coverage coverage(circulars());
  EXPECT_THAT(register_of(coverage, {}), IsEmpty());
  EXPECT_EQ(register_of(coverage, {{act("40/2025/TT-BTC"), true}}).front(), (Row{1, 39}));
  ASSERT_THAT(coverage.extend({50, "gazette", "staff:an"}), is_ok());
  ASSERT_THAT(coverage.extend({45, "an older list", "staff:an"}), is_ok());
  EXPECT_EQ(register_of(coverage, {{act("40/2025/TT-BTC"), true}}).back(), (Row{41, 50}));
}

TEST(Coverage, WhatIsNoNumberOrHasNoReasonIsRefused) {
  Coverage coverage(circulars());
  EXPECT_THAT(coverage.dispose({3, 2, Disposition::not_relevant, "x"}), fails_with(ErrorCode::usage));
  EXPECT_THAT(coverage.dispose({0, 2, Disposition::not_relevant, "x"}), fails_with(ErrorCode::usage));
  EXPECT_THAT(coverage.dispose({1, 100'001, Disposition::not_relevant, "x"}), fails_with(ErrorCode::usage));
  EXPECT_THAT(coverage.dispose({1, 2, Disposition::not_relevant, ""}), fails_with(ErrorCode::usage));
  EXPECT_THAT(coverage.extend({10, ""}), fails_with(ErrorCode::usage));
}

}  // namespace
}  // namespace kip
