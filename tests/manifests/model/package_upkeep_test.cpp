#include <gtest/gtest.h>

#include <manifests/model/pack_description.hpp>
#include <manifests/model/package_manifest.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

PackageFile file(std::string_view path) {
  return {*SafeRelativePath::parse(path), *Sha256Digest::parse(std::string(64, 'a')), 3};
}

PackageContent content_with(PackageUpkeep upkeep) {
  PackageContent out{*ProductId::parse("ledger"), *Version::parse("2"), {}, {}};
  out.files = {file("check"), file("sql/1.sql"), file("sql/2.sql")};
  out.files[0].executable = true;
  out.subject.upkeep = std::move(upkeep);
  return out;
}

PackageMigration migration(std::string database, std::int64_t number, std::string_view path = "sql/1.sql") {
  return {std::move(database), number, *SafeRelativePath::parse(path)};
}

PackageUpkeep full_upkeep() {
  return {.migrations = {migration("stock", 1), migration("ledger", 2, "sql/2.sql"), migration("ledger", 1)},
          .probes = {{QueryProbe{"ledger", "SELECT count(*) FROM account", "3"}, 5},
                     {HttpProbe{8080, "/health?x=1", 204}, 60},
                     {PortProbe{5432}},
                     {CommandProbe{*SafeRelativePath::parse("check"), {"--all", "a b"}}, 90}}};
}

TEST(PackageUpkeep, MakesAnotherMajorVersionThatReadsBack) {
  const auto written = PackageManifest::create(content_with(full_upkeep()));
  ASSERT_THAT(written, is_ok());
  EXPECT_NE(written->bytes().find(R"("format":"kip.package/2")"), std::string::npos);
  EXPECT_NE(written->bytes().find(R"("migrations":[{"database":"ledger","file":"sql/1.sql","number":1},)"
                                  R"({"database":"ledger","file":"sql/2.sql","number":2},)"
                                  R"({"database":"stock","file":"sql/1.sql","number":1}],)"),
            std::string::npos);
  const auto read = PackageManifest::parse(written->bytes());
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(read->content(), written->content());
  EXPECT_EQ(read->content().subject.upkeep.probes, full_upkeep().probes);
}

TEST(PackageUpkeep, IsRefusedInTheMajorVersionThatDoesNotKnowIt) {
  std::string bytes = PackageManifest::create(content_with(full_upkeep()))->bytes();
  bytes.replace(bytes.find("kip.package/2"), 13, "kip.package/1");
  EXPECT_THAT(PackageManifest::parse(bytes), fails_with(ErrorCode::malformed, "with migrations or probes is"));
}

struct Fault {
  const char* name;
  PackageUpkeep upkeep;
  const char* part;
};

void PrintTo(const Fault& row, std::ostream* out) {
  *out << row.name;
}

class FaultyUpkeep : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyUpkeep, IsRefused) {
  EXPECT_THAT(PackageManifest::create(content_with(GetParam().upkeep)),
              fails_with(ErrorCode::malformed, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultyUpkeep,
    ::testing::Values(Fault{"does_not_begin_with_one", {{migration("ledger", 2)}, {}}, "where 1 is expected"},
                      Fault{"gap", {{migration("ledger", 1), migration("ledger", 3)}, {}}, "where 2 is expected"},
                      Fault{"twice", {{migration("ledger", 1), migration("ledger", 1)}, {}}, "where 2 is expected"},
                      Fault{"no_script", {{migration("ledger", 1, "sql/3.sql")}, {}}, "not in the package"},
                      Fault{"program_is_no_program",
                            {{}, {{CommandProbe{*SafeRelativePath::parse("sql/1.sql"), {}}}}},
                            "no executable"}),
    [](const auto& row) { return row.param.name; });

struct Text {
  const char* name;
  const char* probe;
  const char* part;
};

void PrintTo(const Text& row, std::ostream* out) {
  *out << row.name;
}

class FaultyProbe : public ::testing::TestWithParam<Text> {};

TEST_P(FaultyProbe, IsRefused) {
  const std::string text =
      R"({"format":"kip.pack/1","acts":[],"forms":[],"notes":{},"probes":[)" + std::string(GetParam().probe) + "]}";
  EXPECT_THAT(parse_pack_description(text), fails_with(ErrorCode::malformed, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultyProbe,
    ::testing::Values(Text{"unknown_kind", R"({"kind":"ping"})", "query, http, port and command"},
                      Text{"member_of_another_kind", R"({"kind":"port","port":1,"path":"/"})", "path"},
                      Text{"port_zero", R"({"kind":"port","port":0})", "port"},
                      Text{"path_with_a_line_end", R"({"kind":"http","port":1,"path":"/\r\nX: y"})", "printable"},
                      Text{"relative_url", R"({"kind":"http","port":1,"path":"x"})", "begin with"},
                      Text{"program_outside", R"({"kind":"command","program":"../x"})", "program"},
                      Text{"no_end", R"({"kind":"port","port":1,"within_seconds":3601})", "within_seconds"},
                      Text{"kind_of_database", R"({"kind":"query","database":"a/b","query":"q","expect":""})",
                           "no kind of database"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip
