#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <manifests/model/delta.hpp>
#include <manifests/model/pack_description.hpp>
#include <manifests/model/package_manifest.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

/// A format with a text that has every member there is, also in its nested objects.
struct Format {
  const char* name;
  const char* schema;
  std::string full;
  std::function<bool(BytesView)> reads;
};

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.name;
}

const std::string kSubject =
    R"("forms":[{"code":"B01","files":["a"],"period_from":"2026-01-01","period_to":"2026-12-31","schema_version":"1"}],)"
    R"("from_versions":["1.0"],"migrations":[{"database":"ledger","file":"a","number":1}],"notes":{"vi":"n"},)"
    R"("probes":[{"kind":"port","port":80,"within_seconds":30}],"removals":[{"path":"r","reason":"x"}])";

const std::string kFile =
    R"({"kind":"managed","mode":"0644","path":"a","sha256":")" + std::string(64, 'a') + R"(","size":1})";

std::string end_of(char digit) {
  return R"({"manifest":")" + std::string(64, digit) + R"(","version":"1"})";
}

class PackageSchema : public ::testing::TestWithParam<Format> {
 protected:
  /// For each property of an object's schema: the reader needs it just where the schema says so, and knows no other.
  void compare(const json::Value& schema, const json::Value& object,
               const std::function<json::Value(json::Object)>& put) {
    std::set<std::string> required;
    for (const json::Value& name : *schema.find("required")->as_array())
      required.insert(*name.as_text());
    EXPECT_EQ(*schema.find("additionalProperties")->as_bool(), false);
    EXPECT_EQ(schema.find("properties")->as_object()->size(), object.as_object()->size());
    for (const auto& [name, property] : *schema.find("properties")->as_object()) {
      json::Object without = *object.as_object();
      ASSERT_EQ(without.erase(name), 1U) << name;
      EXPECT_EQ(reads(put(without)), !required.contains(name)) << name;
    }
    json::Object with = *object.as_object();
    with.emplace("more", 1);
    EXPECT_FALSE(reads(put(with)));
  }

  static bool reads(const json::Value& value) { return GetParam().reads(json::to_compact(value)); }
};

TEST_P(PackageSchema, NamesTheMembersThatTheReaderKnowsAndNeeds) {
  const auto schema =
      json::parse(testing::read_file(std::string(KIP_SAMPLES "/../schemas/") + GetParam().schema)).value();
  const auto full = json::parse(GetParam().full).value();
  ASSERT_TRUE(reads(full));
  compare(schema, full, [](json::Object object) { return json::Value(std::move(object)); });
  for (const char* list : {"files", "forms", "migrations", "removals", "patches"}) {
    if (full.find(list) == nullptr) continue;
    const json::Value& items = *schema.find("properties")->find(list)->find("items");
    compare(items, full.find(list)->as_array()->front(), [&full, list](json::Object item) {
      json::Object changed = *full.as_object();
      changed[list] = json::Array{json::Value(std::move(item))};
      return json::Value(std::move(changed));
    });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, PackageSchema,
    ::testing::Values(Format{"manifest", "package-manifest.schema.json",
                             R"({"acts":["A:1:2026"],"files":[)" + kFile + R"(],"format":"kip.package/2",)" + kSubject +
                                 R"(,"product":"p","version":"1"})",
                             [](BytesView text) { return PackageManifest::parse(text).has_value(); }},
                      Format{"description", "pack-description.schema.json",
                             R"({"format":"kip.pack/1","acts":[],"editable":["**"],"normalize_zip":["**"],)" +
                                 kSubject + "}",
                             [](BytesView text) { return parse_pack_description(text).has_value(); }},
                      Format{"delta", "delta.schema.json",
                             R"({"format":"kip.delta/1","from":)" + end_of('a') +
                                 R"(,"moved":[[1,2,3]],"patches":[{"base":[[0,1]],"files":[[0,1]]}],)"
                                 R"("product":"p","to":)" +
                                 end_of('b') + R"(,"whole":[]})",
                             [](BytesView text) { return parse_delta(text).has_value(); }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip
