#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <manifests/model/package_manifest.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

Sha256Digest digest(char digit) {
  return *Sha256Digest::parse(std::string(64, digit));
}

PackageFile file(std::string_view path, std::uint64_t size = 3) {
  return {*SafeRelativePath::parse(path), digest('a'), size};
}

PackageContent content(std::vector<PackageFile> files) {
  return {*ProductId::parse("ledger"), *Version::parse("2026.1"), {}, std::move(files)};
}

PackageForm form(std::string_view code, std::vector<std::string> paths) {
  PackageForm out{std::string(code), "2026.1", *parse_date("2026-01-01"), {}, {}};
  for (const auto& path : paths)
    out.files.push_back(*SafeRelativePath::parse(path));
  return out;
}

PackageContent full_content() {
  PackageContent out = content({file("b/x.xml"), file("a.xml", 0)});
  out.files[0].executable = true;
  out.files[1].kind = PackageFileKind::editable;
  out.subject.acts = {"BTC:99/2025/TT-BTC:2025", "BTC:58/2025/TT-BTC:2025"};
  out.subject.forms = {form("B02", {"b/x.xml"}), form("B01", {"b/x.xml", "a.xml"})};
  out.subject.from_versions = {*Version::parse("2025.2"), *Version::parse("2025.1")};
  out.subject.removals = {{*SafeRelativePath::parse("old"), "no longer used"}};
  out.subject.notes = {{"vi", "Mẫu mới"}, {"en", "New forms"}};
  return out;
}

/// One fixed manifest as this version writes it: released packages depend on these bytes.
constexpr std::string_view kGolden =
    R"({"acts":["BTC:58/2025/TT-BTC:2025","BTC:99/2025/TT-BTC:2025"],"files":[)"
    R"({"kind":"editable","mode":"0644","path":"a.xml",)"
    R"("sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":0},)"
    R"({"kind":"managed","mode":"0755","path":"b/x.xml",)"
    R"("sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":3}],)"
    R"("format":"kip.package/1","forms":[)"
    R"({"code":"B01","files":["a.xml","b/x.xml"],"period_from":"2026-01-01","schema_version":"2026.1"},)"
    R"({"code":"B02","files":["b/x.xml"],"period_from":"2026-01-01","schema_version":"2026.1"}],)"
    R"("from_versions":["2025.1","2025.2"],"notes":{"en":"New forms","vi":"Mẫu mới"},"product":"ledger",)"
    R"("removals":[{"path":"old","reason":"no longer used"}],"version":"2026.1"})";

std::string golden_with(std::string_view from, std::string_view to) {
  std::string text(kGolden);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(PackageManifest, SortsAndWritesTheOneForm) {
  const auto manifest = PackageManifest::create(full_content());
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(manifest->bytes(), kGolden);
}

TEST(PackageManifest, ReadsWhatItWrites) {
  const auto manifest = PackageManifest::parse(kGolden);
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(manifest->bytes(), kGolden);
  EXPECT_EQ(manifest->content(), PackageManifest::create(full_content())->content());
  EXPECT_EQ(manifest->total_size(), 3U);
  ASSERT_NE(manifest->find("b/x.xml"), nullptr);
  EXPECT_EQ(manifest->find("b/x.xml")->mode(), 0755U);
  EXPECT_EQ(manifest->find("b/y.xml"), nullptr);
}

TEST(PackageManifest, KnowsItsPredecessors) {
  const auto manifest = PackageManifest::parse(kGolden);
  EXPECT_TRUE(manifest->follows(*Version::parse("2025.2.0")));
  EXPECT_FALSE(manifest->follows(*Version::parse("2024.1")));
  EXPECT_TRUE(PackageManifest::create(content({file("a")}))->follows(*Version::parse("2024.1")));
}

TEST(PackageManifest, KeepsUnknownMembersOfALaterMinorVersion) {
  auto later = golden_with("kip.package/1", "kip.package/1.2");
  later.insert(later.rfind(R"("version")"), R"("target":"x",)");
  const auto manifest = PackageManifest::parse(later);
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(manifest->bytes(), later);
  EXPECT_THAT(PackageManifest::parse(later + " "), fails_with(ErrorCode::malformed, "canonical"));
}

TEST(PackageManifest, KeepsUnknownMembersOfAFileInALaterMinorVersion) {
  auto later = golden_with("kip.package/1", "kip.package/1.2");
  later.insert(later.find(R"("sha256")"), R"("rights":"r",)");
  const auto manifest = PackageManifest::parse(later);
  ASSERT_THAT(manifest, is_ok());
  EXPECT_EQ(manifest->bytes(), later);
  later.erase(later.find("/1.2") + 2, 2);
  EXPECT_THAT(PackageManifest::parse(later), fails_with(ErrorCode::malformed, "rights"));
}

struct Change {
  const char* name;
  const char* from;
  const char* to;
  const char* part;
};

void PrintTo(const Change& row, std::ostream* out) {
  *out << row.name;
}

class RefusedManifest : public ::testing::TestWithParam<Change> {};

TEST_P(RefusedManifest, NamesTheFault) {
  const auto& row = GetParam();
  EXPECT_THAT(PackageManifest::parse(golden_with(row.from, row.to)), fails_with(ErrorCode::malformed, row.part));
}

INSTANTIATE_TEST_SUITE_P(
    Members, RefusedManifest,
    ::testing::Values(Change{"blank", "{\"acts\"", "{ \"acts\"", "canonical"},
                      Change{"member_order", R"({"kind":"editable","mode":"0644",)",
                             R"({"mode":"0644","kind":"editable",)", "canonical"},
                      Change{"upper_case_hash", "aaaaaaaa", "AAAAAAAA", "canonical"},
                      Change{"unknown_member", "\"product\"", "\"prodact\":\"x\",\"product\"", "prodact"},
                      Change{"unknown_file_member", "\"mode\":\"0755\"", "\"mode\":\"0755\",\"owner\":0", "owner"},
                      Change{"missing_list", ",\"from_versions\":[\"2025.1\",\"2025.2\"]", "", "from_versions"},
                      Change{"major", "kip.package/1", "kip.package/3", "kip.package/1"},
                      Change{"major_of_a_package_with_upkeep", "kip.package/1", "kip.package/2", "without migrations"},
                      Change{"mode", "0755", "0777", "use one of 0644, 0755"},
                      Change{"kind", "managed", "foreign", "kind"},
                      Change{"negative_size", "\"size\":3", "\"size\":-3", "size"},
                      Change{"size_beyond_bound", "\"size\":3", "\"size\":4294967297", "size"},
                      Change{"product", "ledger", "Ledger", "product"},
                      Change{"version", R"(],"version":"2026.1")", R"(],"version":"2026.01")", "version"},
                      Change{"files_out_of_order", "\"a.xml\",\"sha", "\"c.xml\",\"sha", "out of order"},
                      Change{"file_twice", "\"a.xml\",\"sha", "\"b/x.xml\",\"sha", "there twice"},
                      Change{"acts_out_of_order", "BTC:58", "BTC:999", "act"},
                      Change{"forms_out_of_order", "\"B01\"", "\"B03\"", "form"},
                      Change{"form_files_out_of_order", R"(["a.xml","b/x.xml"])", R"(["b/x.xml","a.xml"])",
                             "out of order"},
                      Change{"versions_equal", "\"2025.2\"", "\"2025.1.0\"", "earlier version"},
                      Change{"form_file_missing", R"(["b/x.xml"])", R"(["b/y.xml"])", "not in the package"},
                      Change{"removes_own_file", "\"path\":\"old\"", "\"path\":\"A.xml\"", "is to be removed"},
                      Change{"removes_own_folder", "\"path\":\"old\"", "\"path\":\"kip/a\"", "kept for the package"}),
    [](const auto& row) { return row.param.name; });

struct Names {
  const char* name;
  std::vector<std::string> paths;
  const char* part;
};

void PrintTo(const Names& row, std::ostream* out) {
  *out << row.name;
}

class CollidingNames : public ::testing::TestWithParam<Names> {};

TEST_P(CollidingNames, AreRefused) {
  std::vector<PackageFile> files;
  for (const auto& path : GetParam().paths)
    files.push_back(file(path));
  EXPECT_THAT(PackageManifest::create(content(std::move(files))), fails_with(ErrorCode::malformed, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Paths, CollidingNames,
    ::testing::Values(Names{"same", {"a", "a"}, "twice"}, Names{"letter_case", {"a/b.xml", "a/B.XML"}, "one name"},
                      Names{"normalisation", {"T\u00e9ves", "Te\u0301ves"}, "one name"},
                      Names{"folding_both", {"\u0110\u1ea7u", "\u0111a\u0302\u0300u"}, "one name"},
                      Names{"directory_case", {"Data/a", "data/b"}, "one name"},
                      Names{"file_and_directory", {"a", "a/b"}, "a file and a directory"},
                      Names{"file_and_directory_by_case", {"A", "a/b/c"}, "a file and a directory"},
                      Names{"file_and_directory_far_apart", {"a", "a-", "a/b"}, "a file and a directory"},
                      Names{"own_folder", {"kip/manifest.json"}, "kept for the package"},
                      Names{"own_folder_by_case", {"KIP/x"}, "kept for the package"},
                      Names{"own_folder_as_file", {"kip"}, "kept for the package"},
                      Names{"own_folder_by_kelvin_sign", {"\u212aip/x"}, "kept for the package"}),
    [](const auto& row) { return row.param.name; });

TEST(PackageManifest, LetsAFolderTakeTheNameOfARemovedFile) {
  auto wanted = content({file("a/b")});
  wanted.subject.removals = {{*SafeRelativePath::parse("a"), "is a folder now"}};
  EXPECT_THAT(PackageManifest::create(wanted), is_ok());
  wanted.subject.removals.push_back({*SafeRelativePath::parse("C"), "unused"});
  wanted.subject.removals.push_back({*SafeRelativePath::parse("c"), "unused"});
  EXPECT_THAT(PackageManifest::create(wanted), fails_with(ErrorCode::malformed, "one name"));
}

TEST(PackageManifest, KeepsToItsBounds) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
  EXPECT_THAT(PackageManifest::create(content({file("a", 4 * kGiB)})), is_ok());
  EXPECT_THAT(PackageManifest::create(content({file("a", 4 * kGiB + 1)})), fails_with(ErrorCode::too_large, "4 GiB"));
  std::vector<PackageFile> files;
  for (const char* path : {"a", "b", "c", "d"})
    files.push_back(file(path, 4 * kGiB));
  EXPECT_THAT(PackageManifest::create(content(files)), is_ok());
  files.push_back(file("e", 1));
  EXPECT_THAT(PackageManifest::create(content(files)), fails_with(ErrorCode::too_large, "16 GiB"));
}

TEST(PackageManifest, StaysBelowEightMebibytes) {
  auto wanted = content({file("a")});
  for (int i = 0; i < 9'000; ++i) {
    wanted.subject.removals.push_back({*SafeRelativePath::parse("r" + std::to_string(i)), std::string(1000, 'x')});
  }
  EXPECT_THAT(PackageManifest::create(std::move(wanted)), fails_with(ErrorCode::too_large, "8 MiB"));
}

RC_GTEST_PROP(PackageManifest, ReadsBackWhateverCreateAccepts, ()) {
  const auto names = *rc::gen::container<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', 'A', '/', '.', ' '))));
  PackageContent wanted = content({});
  for (const auto& name : names) {
    if (auto path = SafeRelativePath::parse(name)) {
      wanted.files.push_back({*std::move(path), digest(*rc::gen::element('0', 'f')),
                              *rc::gen::inRange<std::uint64_t>(0, 9), *rc::gen::arbitrary<bool>()});
    }
  }
  const auto manifest = PackageManifest::create(wanted);
  if (!manifest) return;
  const auto read = PackageManifest::parse(manifest->bytes());
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->content() == manifest->content());
}

}  // namespace
}  // namespace kip
