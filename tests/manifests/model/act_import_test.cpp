#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/act_import.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

const std::string kHeader = "issuer\tnumber\tyear\tkind\tsigned_on\tchanges\tforms_or_note\treplaces\n";

TEST(ActTsv, ReadsTheSampleListOnceUndatedRowsAreAllowed) {
  const std::string sample = testing::read_file(KIP_SAMPLES "/acts-sample.tsv");
  EXPECT_THAT(import_acts_tsv(sample), fails_with(ErrorCode::malformed, "an act without a signing date"));
  const auto imported = import_acts_tsv(sample, {.skip_undated = true});
  ASSERT_THAT(imported, is_ok());
  EXPECT_GE(imported->items.size(), 25U);
  ASSERT_EQ(imported->skipped.size(), 1U);
  EXPECT_THAT(imported->skipped[0].message, ::testing::HasSubstr("SAT"));
  const auto act = std::find_if(imported->items.begin(), imported->items.end(),
                                [](const Act& item) { return item.key.str() == "BTC:99/2025/TT-BTC:2025"; });
  ASSERT_NE(act, imported->items.end());
  EXPECT_EQ(format_date(act->signed_on), "2025-10-27");
  EXPECT_THAT(act->replaces, ElementsAre("200/2014/TT-BTC", "75/2015/TT-BTC", "53/2016/TT-BTC"));
}

TEST(ActTsv, TakesColumnsInAnyOrderBothDateNotationsAndCommentLines) {
  const auto imported = import_acts_tsv(
      "\xEF\xBB\xBF# remark\r\nsigned_on\tyear\tchanges\tkind\tnumber\tissuer\r\n\r\n"
      "# another\r\n27/10/2025\t2025\ttax-form, report-form\tcircular\t99/2025/TT-BTC\tbtc\r\n");
  ASSERT_THAT(imported, is_ok());
  ASSERT_EQ(imported->items.size(), 1U);
  const Act& act = imported->items[0];
  EXPECT_EQ(act.key.str(), "BTC:99/2025/TT-BTC:2025");
  EXPECT_EQ(act.country, "VN");
  EXPECT_EQ(format_date(act.signed_on), "2025-10-27");
  EXPECT_EQ(act.changes.size(), 2U);
}

TEST(ActTsv, TakesPartsRelationsAndWhenTheVendorLearnedOfIt) {
  const std::string head = "issuer\tnumber\tyear\tkind\tsigned_on\tchanges\tparts\tamends\taware_on\n";
  const std::string row =
      "BTC\t1/2025\t2025\tcircular\t2025-10-27\ttax-form\tprint-form, xml-export\t80/2021/TT-BTC\t28/10/2025\n";
  const auto imported = import_acts_tsv(head + row);
  ASSERT_THAT(imported, is_ok());
  EXPECT_EQ(imported->items[0].parts, (std::vector<std::string>{"print-form", "xml-export"}));
  EXPECT_EQ(imported->items[0].amends, std::vector<std::string>{"80/2021/TT-BTC"});
  EXPECT_EQ(imported->items[0].aware_on, parse_date("2025-10-28").value());
  const std::string bad = "BTC\t1/2025\t2025\tcircular\t2025-10-27\ttax-form\tXML\t\t\n";
  EXPECT_THAT(import_acts_tsv(head + bad), fails_with(ErrorCode::malformed, "XML"));
}

TEST(ActTsv, TellsFormCodesFromNotes) {
  const auto imported = import_acts_tsv(kHeader +
                                        "A\t1\t2025\tlaw\t2025-01-01\ttax-form\t01/CNKD, B02-DN\t\n"
                                        "A\t2\t2025\tlaw\t2025-01-01\ttax-form\tamends 200/2014\t\n"
                                        "A\t3\t2025\tlaw\t2025-01-01\ttax-form\tS1-HKD..S7-HKD\t\n"
                                        "A\t4\t2025\tlaw\t2025-01-01\ttax-form\te-invoices\t\n"
                                        "A\t5\t2025\tlaw\t2025-01-01\ttax-form\t\n");
  ASSERT_THAT(imported, is_ok());
  EXPECT_THAT(imported->items[0].forms, ElementsAre("01/CNKD", "B02-DN"));
  EXPECT_EQ(imported->items[0].note, "");
  for (const std::size_t i : {1U, 2U, 3U}) {
    EXPECT_TRUE(imported->items[i].forms.empty()) << i;
    EXPECT_FALSE(imported->items[i].note.empty()) << i;
  }
  EXPECT_EQ(imported->items[4].note, "");
}

TEST(ActTsv, RefusesWhatCouldActOnAScreen) {
  EXPECT_THAT(import_acts_tsv(kHeader + "A\t1\t2025\tlaw\t2025-01-01\ttax-form\tsee \x1b[2J\t\n"),
              fails_with(ErrorCode::malformed, "forms_or_note has control characters"));
}

TEST(ActTsv, ListsEveryBadRowAndImportsNothing) {
  const auto imported = import_acts_tsv("# one comment\n" + kHeader +
                                        "BTC\t1/2025\t2025\tcircular\t2025-01-02\ttax-form\n"
                                        "BTC\t2/2025\t2025\tletter\t2025-01-02\ttax-form\n"
                                        "BTC\t3/2025\t2025\tcircular\t\ttax-form\n"
                                        "BTC\t4/2025\t2025\tcircular\t2025-02-30\ttax-form\n"
                                        "BTC\t5/2025\t2025x\tcircular\t2025-01-02\ttax-form\n"
                                        "BTC\t6/2025\t2025\tcircular\t2025-01-02\t\n"
                                        "BTC\t7/2025\t2025\tcircular\t2025-01-02\ttax-form\t\t\ttoo many\n"
                                        "\t8/2025\t2025\tcircular\t2025-01-02\ttax-form\n");
  ASSERT_THAT(imported, fails_with(ErrorCode::malformed, "7 of 8 rows"));
  const std::string& message = imported.error().message;
  EXPECT_EQ(message.find("row 3:"), std::string::npos) << "the first row is right";
  for (const char* part :
       {"row 4: \"letter\"", "row 5: BTC 3/2025: an act without", "row 6: \"2025-02-30\"", "row 7: \"2025x\"",
        "row 8: changes is empty", "row 9: 9 fields for 8", "row 10: the act's"}) {
    EXPECT_THAT(message, ::testing::HasSubstr(part));
  }
}

TEST(ActTsv, SkippingUndatedRowsExcusesNothingElse) {
  EXPECT_THAT(import_acts_tsv(kHeader + "BTC\t2/2025\t2025\tletter\t2025-01-02\ttax-form\n", {.skip_undated = true}),
              fails_with(ErrorCode::malformed, "row 2"));
}

TEST(ActTsv, SameActTwiceMustBeTheSame) {
  const std::string row = "BTC\t1/2025\t2025\tcircular\t2025-01-02\ttax-form\n";
  const auto twice = import_acts_tsv(kHeader + row + row);
  ASSERT_THAT(twice, is_ok());
  EXPECT_EQ(twice->items.size(), 1U);
  const auto other = import_acts_tsv(kHeader + row + "BTC\t1/2025\t2025\tcircular\t2025-01-03\ttax-form\n");
  ASSERT_THAT(other, fails_with(ErrorCode::malformed, "row 2: BTC:1/2025:2025 stands again in row 3"));
  EXPECT_THAT(other, fails_with(ErrorCode::malformed, "row 3: BTC:1/2025:2025 stands already in row 2"));
  EXPECT_THAT(import_acts_tsv(kHeader + row + "NHNN\t1/2025\t2025\tcircular\t2025-01-03\ttax-form\n"), is_ok());
}

TEST(ActTsv, CarriesWarningsWithTheirRow) {
  const auto imported = import_acts_tsv(kHeader + "BTC\t1/2024/TT-BTC\t2025\tcircular\t2025-01-02\ttax-form\n");
  ASSERT_THAT(imported, is_ok());
  ASSERT_EQ(imported->warnings.size(), 1U);
  EXPECT_EQ(imported->warnings[0].row, 2U);
  EXPECT_EQ(imported->warnings[0].warning.code, "year-differs");
}

struct BadList {
  const char* name;
  std::string bytes;
  const char* message;
};

class BadActTsv : public ::testing::TestWithParam<BadList> {};

TEST_P(BadActTsv, IsRefusedAsAWhole) {
  EXPECT_THAT(import_acts_tsv(GetParam().bytes), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Lists, BadActTsv,
                         ::testing::Values(BadList{"empty", "", "empty"}, BadList{"only_comments", "# x\n", "empty"},
                                           BadList{"utf16", std::string("\xFF\xFEi\0", 4), "UTF-16"},
                                           BadList{"ansi", "issuer\xD0\n", "UTF-8"},
                                           BadList{"unknown_column", "issuer\tcolour\n", "unknown column \"colour\""},
                                           BadList{"column_twice", "issuer\tissuer\n", "stands twice"},
                                           BadList{"column_missing", "issuer\tnumber\tyear\tkind\tchanges\n",
                                                   "\"signed_on\" is missing"}),
                         [](const auto& row) { return row.param.name; });

TEST(ActTsv, HasBounds) {
  EXPECT_THAT(import_acts_tsv(std::string((8U << 20U) + 1, 'x')), fails_with(ErrorCode::too_large));
  std::string rows = kHeader;
  for (int i = 0; i <= 10'000; ++i)
    rows += "x\n";
  EXPECT_THAT(import_acts_tsv(rows), fails_with(ErrorCode::too_large, "10000 rows"));
  EXPECT_THAT(import_acts_tsv(kHeader + std::string(4097, 'x')), fails_with(ErrorCode::too_large, "row 2"));
}

const std::string kAct = R"({"format":"kip.act/1","issuer":"BTC","number":"1/2025","year":2025,"kind":"law",)"
                         R"("signed_on":"2025-01-02","changes":["tax-form"]})";
const std::string kUndated =
    R"({"format":"kip.act/1","issuer":"BTC","number":"2/2025","year":2025,"kind":"law","changes":["tax-form"]})";

TEST(ActJsonList, MayBeAListOrAnObjectWithActs) {
  EXPECT_EQ(import_acts_json("[" + kAct + "]")->items.size(), 1U);
  EXPECT_EQ(import_acts_json("{\"acts\":[" + kAct + "]}")->items.size(), 1U);
  EXPECT_THAT(import_acts_json("{}"), fails_with(ErrorCode::malformed, "acts"));
  EXPECT_THAT(import_acts_json(kAct), fails_with(ErrorCode::malformed, "acts"));
}

TEST(ActJsonList, ListsBadItemsByTheirNumber) {
  const auto imported = import_acts_json("[" + kAct + "," + kUndated + ",7,{\"signed_on\":\"2025-01-02\"}]");
  ASSERT_THAT(imported, fails_with(ErrorCode::malformed, "3 of 4 rows"));
  for (const char* part : {"row 2: 2/2025: an act without", "row 3: act is not a JSON object", "row 4: act:"}) {
    EXPECT_THAT(imported.error().message, ::testing::HasSubstr(part));
  }
  const auto skipped = import_acts_json("[" + kAct + "," + kUndated + "]", {.skip_undated = true});
  ASSERT_THAT(skipped, is_ok());
  EXPECT_EQ(skipped->items.size(), 1U);
  EXPECT_EQ(skipped->skipped[0].row, 2U);
}

}  // namespace
}  // namespace kip
