#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <client-updater/databases/sql_statements.hpp>
#include <testing/matchers.hpp>

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

std::vector<std::string> texts(std::string_view script) {
  std::vector<std::string> out;
  for (const SqlStatement& statement : split_sql(script).value())
    out.push_back(std::to_string(statement.line) + ":" + statement.text);
  return out;
}

TEST(SplitSql, EndsAStatementAtEachSemicolon) {
  EXPECT_THAT(texts("CREATE TABLE a (x);\n\n;; INSERT INTO a VALUES (1);\r\nDROP TABLE b"),
              ElementsAre("1:CREATE TABLE a (x)", "3:INSERT INTO a VALUES (1)", "4:DROP TABLE b"));
  EXPECT_THAT(texts(" \n "), ElementsAre());
}

TEST(SplitSql, LeavesQuotesWhole) {
  EXPECT_THAT(texts("INSERT INTO a VALUES ('x;''y;', \"c;d\", E'it\\'s;', e'\\\\'); SELECT 1"),
              ElementsAre("1:INSERT INTO a VALUES ('x;''y;', \"c;d\", E'it\\'s;', e'\\\\')", "1:SELECT 1"));
  EXPECT_THAT(texts("DO $$ BEGIN; COMMIT; END $$; SELECT $a$ $$ ; $b$ $a$, $1, a$b;"),
              ElementsAre("1:DO $$ BEGIN; COMMIT; END $$", "1:SELECT $a$ $$ ; $b$ $a$, $1, a$b"));
}

TEST(SplitSql, TakesCommentsAsBlanks) {
  EXPECT_THAT(texts("-- one; two\nSELECT/* ; /* nested; */ */1 -- more;\n;--"), ElementsAre("2:SELECT 1"));
}

struct Refused {
  const char* name;
  std::string script;
  const char* part;
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class RefusedSql : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedSql, IsNamedWithItsLine) {
  EXPECT_THAT(split_sql(GetParam().script), fails_with(ErrorCode::malformed, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedSql,
    ::testing::Values(Refused{"commit", "SELECT 1;\n  COMMIT;", "line 2: a migration may not use commit"},
                      Refused{"behind_a_comment", "/* x */ cOmMiT WORK", "may not use commit"},
                      Refused{"rollback", "rollback to a", "may not use rollback"},
                      Refused{"begin", "BEGIN", "may not use begin"}, Refused{"end", "END;", "may not use end"},
                      Refused{"start", "START\n TRANSACTION", "may not use start"},
                      Refused{"savepoint", "SAVEPOINT a", "may not use savepoint"},
                      Refused{"prepare", "PREPARE TRANSACTION 'x'", "may not use prepare"},
                      Refused{"isolation", "SET   TRANSACTION READ ONLY", "may not use set transaction"},
                      Refused{"open_quote", "SELECT 1;\nSELECT 'x", "line 2: a quote that begins here has no end"},
                      Refused{"open_tag", "DO $x$ a $y$", "a quote that begins here has no end"},
                      Refused{"open_comment", "/* /* */", "a comment that begins here has no end"},
                      Refused{"octets", "SELECT '\xff'", "UTF-8"},
                      Refused{"nul", std::string("SELECT 1;\0", 10), "UTF-8"}),
    [](const auto& row) { return row.param.name; });

TEST(SplitSql, DoesNotMistakeNamesForTransactions) {
  EXPECT_THAT(split_sql("UPDATE x SET y = 1; endpoint(); SET session_x = 1; COMMENT ON TABLE a IS 'x'"), is_ok());
}

}  // namespace
}  // namespace kip::updater
