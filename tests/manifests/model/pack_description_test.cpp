#include <gtest/gtest.h>

#include <manifests/model/pack_description.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

/// A description in which one text is replaced by another.
std::string with(std::string_view from, std::string_view to) {
  std::string text = R"({"format":"kip.pack/1","acts":["BTC:99/2025/TT-BTC:2025"],"forms":[{"code":"B01-DN",)"
                     R"("schema_version":"2026.1","period_from":"2026-01-01","period_to":"2026-12-31",)"
                     R"("files":["b/x.xml","a.xml"]}],"editable":["**/*.xlsx"],"notes":{"vi":"Mẫu mới"},)"
                     R"("removals":[{"path":"old.xml","reason":"replaced"}],"from_versions":["1.0","0.9"]})";
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(PackDescription, ReadsEverything) {
  const auto pack = parse_pack_description(with("", ""));
  ASSERT_THAT(pack, is_ok());
  EXPECT_EQ(pack->subject.acts, std::vector<std::string>{"BTC:99/2025/TT-BTC:2025"});
  const PackageForm& form = pack->subject.forms.at(0);
  EXPECT_EQ(form.code, "B01-DN");
  EXPECT_EQ(format_date(form.period_from), "2026-01-01");
  EXPECT_EQ(format_date(*form.period_to), "2026-12-31");
  EXPECT_EQ(form.files.size(), 2U);
  EXPECT_TRUE(pack->editable.at(0).matches(*SafeRelativePath::parse("a/b.xlsx")));
  EXPECT_EQ(pack->subject.notes.at("vi"), "Mẫu mới");
  EXPECT_EQ(pack->subject.removals.at(0).reason, "replaced");
  EXPECT_EQ(pack->subject.from_versions.size(), 2U);
}

TEST(PackDescription, NeedsOnlyActsFormsAndNotes) {
  const auto pack = parse_pack_description(R"({"format":"kip.pack/1","acts":[],"forms":[],"notes":{}})");
  ASSERT_THAT(pack, is_ok());
  EXPECT_TRUE(pack->editable.empty());
  for (const char* member : {R"("acts":[])", R"("forms":[])", R"("notes":{})"}) {
    std::string text = R"({"acts":[],"forms":[],"notes":{},"format":"kip.pack/1"})";
    text.erase(text.find(member), std::string_view(member).size() + 1);
    EXPECT_THAT(parse_pack_description(text), fails_with(ErrorCode::malformed, "is missing")) << text;
  }
}

TEST(PackDescription, WritesActsInTheOneWay) {
  const auto pack = parse_pack_description(with("BTC:99/2025/TT-BTC", "btc: 99/2025/TT-BTC"));
  ASSERT_THAT(pack, is_ok());
  EXPECT_EQ(pack->subject.acts, std::vector<std::string>{"BTC:99/2025/TT-BTC:2025"});
}

TEST(PackDescription, ReadsTheSamples) {
  for (const char* name : {"1.0.pack.json", "1.1.pack.json"}) {
    const auto text = testing::read_file(std::string(KIP_SAMPLES "/forms/circular-99-2025/") + name);
    EXPECT_THAT(parse_pack_description(text), is_ok()) << name;
  }
}

struct Replaced {
  const char* name;
  const char* from;
  const char* to;
  const char* part;
};

void PrintTo(const Replaced& row, std::ostream* out) {
  *out << row.name;
}

class RefusedDescription : public ::testing::TestWithParam<Replaced> {};

TEST_P(RefusedDescription, NamesTheFault) {
  const auto& row = GetParam();
  EXPECT_THAT(parse_pack_description(with(row.from, row.to)), fails_with(ErrorCode::malformed, row.part));
}

INSTANTIATE_TEST_SUITE_P(
    Members, RefusedDescription,
    ::testing::Values(Replaced{"other_major", "kip.pack/1", "kip.pack/2", "kip.pack/1"},
                      Replaced{"other_format", "kip.pack/1", "kip.package/1", "kip.pack/1"},
                      Replaced{"unknown_member", "\"editable\"", "\"editible\"", "editible"},
                      Replaced{"unknown_form_member", "\"period_to\"", "\"period_until\"", "period_until"},
                      Replaced{"unknown_removal_member", "\"reason\":\"replaced\"", "\"reason\":\"r\",\"why\":1",
                               "why"},
                      Replaced{"act_shape", "BTC:99/2025/TT-BTC:2025", "99/2025/TT-BTC", "act key"},
                      Replaced{"act_year", "TT-BTC:2025", "TT-BTC:25", "act key"},
                      Replaced{"act_without_issuer", "BTC:99", ":99", "act key"},
                      Replaced{"blank_code", "B01-DN", " B01-DN", "code"}, Replaced{"empty_code", "B01-DN", "", "code"},
                      Replaced{"period_backwards", "2026-12-31", "2025-12-31", "period_to"},
                      Replaced{"no_such_day", "2026-12-31", "2026-02-30", "period_to"},
                      Replaced{"form_without_files", R"(["b/x.xml","a.xml"])", "[]", "names no file"},
                      Replaced{"file_outside", "b/x.xml", "../x.xml", "files"},
                      Replaced{"file_not_text", R"("b/x.xml")", "7", "not text"},
                      Replaced{"pattern", "**/*.xlsx", "/*.xlsx", "editable"},
                      Replaced{"language", "\"vi\"", "\"Vietnamese\"", "language tag"},
                      Replaced{"empty_note", "Mẫu mới", "", "not text"},
                      Replaced{"removal_without_reason", R"(,"reason":"replaced")", "", "reason"},
                      Replaced{"version", "\"0.9\"", "\"v0.9\"", "from_versions"}),
    [](const auto& row) { return row.param.name; });

TEST(PackDescription, KeepsToItsBounds) {
  EXPECT_THAT(parse_pack_description(with("Mẫu mới", std::string((16U << 10U) + 1, 'x'))),
              fails_with(ErrorCode::too_large));
  EXPECT_THAT(parse_pack_description(with("BTC:99", "BTC:99" + std::string(256, '9'))),
              fails_with(ErrorCode::too_large));
}

}  // namespace
}  // namespace kip
