#include <gtest/gtest.h>

#include <manifests/codec/json.hpp>
#include <manifests/codec/long_list.hpp>
#include <manifests/codec/reader.hpp>
#include <testing/matchers.hpp>

namespace kip::json {
namespace {

using testing::fails_with;
using testing::is_ok;

struct Refused {
  const char* name;
  std::string text;
  ErrorCode code;
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class StrictJson : public ::testing::TestWithParam<Refused> {};

TEST_P(StrictJson, Refuses) {
  EXPECT_THAT(parse(GetParam().text), fails_with(GetParam().code));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, StrictJson,
    ::testing::Values(Refused{"duplicate", R"({"a":1,"a":2})", ErrorCode::malformed},
                      Refused{"duplicate_by_escape", R"({"a":1,"\u0061":2})", ErrorCode::malformed},
                      Refused{"fraction", R"({"a":1.0})", ErrorCode::malformed},
                      Refused{"exponent", R"({"a":1e3})", ErrorCode::malformed},
                      Refused{"two_to_63", "9223372036854775808", ErrorCode::malformed},
                      Refused{"two_to_64", "18446744073709551616", ErrorCode::malformed},
                      Refused{"trailing", "{} {}", ErrorCode::malformed},
                      Refused{"trailing_after_nul", std::string("{}\0{}", 5), ErrorCode::malformed},
                      Refused{"empty", "", ErrorCode::malformed}, Refused{"comment", "{/*x*/}", ErrorCode::malformed},
                      Refused{"not_utf8", "\"\xff\"", ErrorCode::malformed},
                      Refused{"lone_surrogate", R"("\ud800")", ErrorCode::malformed},
                      Refused{"deep", std::string(33, '[') + std::string(33, ']'), ErrorCode::too_large}),
    [](const auto& row) { return row.param.name; });

TEST(Json, NamesTheMemberInItsMessage) {
  EXPECT_THAT(parse(R"({"signed":{"version":1.5}})"), fails_with(ErrorCode::malformed, "signed.version"));
}

TEST(Json, CanonicalFormSortsAndEscapesOnlyQuoteAndBackslash) {
  const auto value = parse("{\"b\":[1,-2,null,true],\"a\":\"q\\\"\\\\\\n\\u00e9\",\"A\":{}}");
  ASSERT_THAT(value, is_ok());
  EXPECT_EQ(to_canonical(*value), "{\"A\":{},\"a\":\"q\\\"\\\\\n\u00e9\",\"b\":[1,-2,null,true]}");
  EXPECT_EQ(to_compact(*value), "{\"A\":{},\"a\":\"q\\\"\\\\\\u000a\u00e9\",\"b\":[1,-2,null,true]}");
  EXPECT_EQ(*parse(to_pretty(*value)), *value);
}

TEST(ObjectReader, KeepsTheFirstFaultAndNamesIt) {
  const auto value = parse(R"({"format":"kip.act/1.2","n":7,"s":"x","extra":1})");
  ObjectReader good(*value, "act");
  good.format("kip.act", 1);
  EXPECT_EQ(good.integer("n", 0, 10), 7);
  EXPECT_EQ(good.text("s"), "x");
  EXPECT_THAT(good.finish(), is_ok());
  EXPECT_THAT(good.finish(ObjectReader::Unknown::refuse), fails_with(ErrorCode::malformed, "extra"));

  ObjectReader bad(*value, "act");
  bad.text("missing");
  bad.integer("s", 0, 1);
  EXPECT_THAT(bad.finish(), fails_with(ErrorCode::malformed, "missing"));

  ObjectReader major(*value, "act");
  major.format("kip.act", 2);
  EXPECT_THAT(major.finish(), fails_with(ErrorCode::malformed, "kip.act/2"));
}

TEST(LongList, IsTakenAndGivenItemByItem) {
  const std::string text = R"({"a":[1],"items":[{"b":2,"items":[3]},[],"x"],"z":{"items":[4]}})";
  std::vector<Value> taken;
  const auto rest = parse_long(text, {"items", [&taken](const Value& item) { taken.push_back(item); }});
  ASSERT_THAT(rest, is_ok());
  EXPECT_EQ(to_compact(*rest), R"({"a":[1],"items":[],"z":{"items":[4]}})");
  EXPECT_EQ(to_compact(taken), R"([{"b":2,"items":[3]},[],"x"])");
  const auto give = [&taken](std::size_t number) { return taken[number]; };
  EXPECT_EQ(to_compact_long(*rest->as_object(), {"items", taken.size(), give}), text);
}

TEST(LongList, IsAsStrictAsAnyText) {
  std::size_t count = 0;
  const ItemsToTake items{"items", [&count](const Value&) { ++count; }};
  EXPECT_THAT(parse_long(R"({"items":[1,2,3]})", items, {.values = 4}), fails_with(ErrorCode::too_large));
  EXPECT_THAT(parse_long(R"({"items":[1],"items":[2]})", items), fails_with(ErrorCode::malformed, "stands twice"));
  EXPECT_THAT(parse_long(R"({"items":[1.5]})", items), fails_with(ErrorCode::malformed, "at items: "));
  count = 0;
  EXPECT_THAT(parse_long(R"([["items",1],{"items":[2]}])", items), is_ok());
  EXPECT_EQ(count, 0U);
}

}  // namespace
}  // namespace kip::json
