#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <manifests/model/delimited.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

using Rows = std::vector<std::vector<std::string>>;

Rows csv(std::string_view text) {
  const std::vector<TableRow> rows = parse_csv(text, {}).value();
  Rows out;
  for (const TableRow& row : rows)
    out.push_back(row.fields);
  return out;
}

struct CsvRow {
  const char* name;
  const char* text;
  Rows rows;
};

class Csv : public ::testing::TestWithParam<CsvRow> {};

TEST_P(Csv, IsReadAsRfc4180) {
  EXPECT_EQ(csv(GetParam().text), GetParam().rows);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Csv,
    ::testing::Values(CsvRow{"commas", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
                      CsvRow{"semicolons", "a;b\n1,5;2\n", {{"a", "b"}, {"1,5", "2"}}},
                      CsvRow{"crlf_no_last_end", "a;b\r\n1;2", {{"a", "b"}, {"1", "2"}}},
                      CsvRow{"quoted", "a;b\n\"x;y\";\"say \"\"hi\"\"\"\n", {{"a", "b"}, {"x;y", "say \"hi\""}}},
                      CsvRow{"quoted_line_end", "a;b\r\n\"x\r\ny\";2\r\n", {{"a", "b"}, {"x\r\ny", "2"}}},
                      CsvRow{"empty_fields", "a;b;c\n;;3\n1;;\n", {{"a", "b", "c"}, {"", "", "3"}, {"1", "", ""}}},
                      CsvRow{"ends_behind_delimiter", "a;b\n1;", {{"a", "b"}, {"1", ""}}},
                      CsvRow{"empty_rows", "a;b\n\n;;\r\n1;2\n", {{"a", "b"}, {"1", "2"}}},
                      CsvRow{"trimmed", " a ;b\n 1;2 \n", {{"a", "b"}, {"1", "2"}}},
                      CsvRow{"delimiter_in_quoted_header", "\"a,b,c\";d\n1;2\n", {{"a,b,c", "d"}, {"1", "2"}}},
                      CsvRow{"one_column", "a\n1\n", {{"a"}, {"1"}}}, CsvRow{"nothing", "", {}}),
    [](const auto& row) { return row.param.name; });

TEST(CsvFaults, NameTheRow) {
  EXPECT_THAT(parse_csv("a;b\n1;\"2\n", {}), fails_with(ErrorCode::malformed, "row 2: a quoted field does not end"));
  EXPECT_THAT(parse_csv("a;b\n1;x\"y\n", {}), fails_with(ErrorCode::malformed, "row 2: a quote inside"));
  EXPECT_THAT(parse_csv("a;b\n\"1\"x;2\n", {}), fails_with(ErrorCode::malformed, "row 2: text behind"));
}

TEST(CsvRows, AreNumberedAsASpreadsheetDoes) {
  const auto rows = parse_csv("a;b\n\n\"x\ny\";2\n3;4\n", {});
  ASSERT_THAT(rows, is_ok());
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[1].number, 3U);
  EXPECT_EQ((*rows)[2].number, 4U);
}

TEST(Tsv, LeavesOutCommentsAndCountsLines) {
  const auto rows = parse_tsv("# note\ta\n\na\tb\n\"q\"\t\tc\r\n# end", {});
  ASSERT_THAT(rows, is_ok());
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].number, 3U);
  EXPECT_EQ((*rows)[1].number, 4U);
  EXPECT_THAT((*rows)[1].fields, ElementsAre("\"q\"", "", "c"));
}

TEST(Tables, HaveBounds) {
  const TableLimits limits{.bytes = 100, .rows = 2, .field_bytes = 4, .columns = 3};
  EXPECT_THAT(exported_text(std::string(100, 'x'), limits), is_ok());
  EXPECT_THAT(exported_text(std::string(101, 'x'), limits), fails_with(ErrorCode::too_large, "101 bytes"));
  EXPECT_THAT(parse_csv("h\n1\n2\n", limits), is_ok());
  EXPECT_THAT(parse_csv("h\n1\n2\n3\n", limits), fails_with(ErrorCode::too_large, "2 rows"));
  EXPECT_THAT(parse_csv("h\n12345\n", limits), fails_with(ErrorCode::too_large, "row 2: a field has 5 bytes"));
  EXPECT_THAT(parse_csv("a;b;c;d\n", limits), fails_with(ErrorCode::too_large, "3 columns"));
  EXPECT_THAT(parse_tsv("h\n1\n2\n3\n", limits), fails_with(ErrorCode::too_large, "2 rows"));
}

TEST(ExportedText, SaysHowToSaveWhatIsNotUtf8) {
  constexpr const char* kHow = "CSV UTF-8";
  EXPECT_THAT(exported_text(std::string("\xFF\xFE\x74\0", 4), {}), fails_with(ErrorCode::malformed, "UTF-16"));
  EXPECT_THAT(exported_text(std::string("\xFE\xFF\0\x74", 4), {}), fails_with(ErrorCode::malformed, kHow));
  EXPECT_THAT(exported_text(std::string("t\0a\0", 4), {}), fails_with(ErrorCode::malformed, kHow));
  EXPECT_THAT(exported_text("C\xF4ng ty", {}), fails_with(ErrorCode::malformed, "ANSI"));
  EXPECT_EQ(*exported_text("\xEF\xBB\xBFmst", {}), "mst");
}

RC_GTEST_PROP(CsvProperty, WhatIsQuotedComesBack, ()) {
  const auto cell = rc::gen::container<std::string>(rc::gen::element('a', ';', ',', '"', '\n', '\r', 'z'));
  const auto rows = *rc::gen::container<Rows>(rc::gen::container<std::vector<std::string>>(3, cell));
  std::string text = "h1;h2;h3\n";
  Rows expected = {{"h1", "h2", "h3"}};
  for (const auto& row : rows) {
    expected.emplace_back();
    for (const std::string& field : row) {
      text += expected.back().empty() ? "" : ";";
      // Marked at both ends, since fields are trimmed and empty rows are left out.
      expected.back().push_back("<" + field + ">");
      text += "\"<";
      for (const char c : field)
        text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += ">\"";
    }
    text += "\r\n";
  }
  RC_ASSERT(csv(text) == expected);
}

RC_GTEST_PROP(CsvProperty, AnyTextIsReadOrRefused, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('a', ';', ',', '"', '\n', '\r', '\t', '#'));
  const auto rows = parse_csv(text, {});
  const bool explained = rows.has_value() || !rows.error().message.empty();
  RC_ASSERT(explained);
  RC_ASSERT(parse_tsv(text, {}).has_value());
}

}  // namespace
}  // namespace kip
