#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/model/act.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

struct KeyRow {
  const char* name;
  const char* issuer;
  const char* number;
  int year;
  const char* text;
};

class NormalisedKey : public ::testing::TestWithParam<KeyRow> {};

TEST_P(NormalisedKey, HasOneText) {
  const KeyRow& row = GetParam();
  const auto key = ActKey::create(row.issuer, row.number, row.year);
  ASSERT_THAT(key, is_ok());
  EXPECT_EQ(key->str(), row.text);
  EXPECT_EQ(*ActKey::parse(row.text), *key);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, NormalisedKey,
    ::testing::Values(KeyRow{"plain", "BTC", "99/2025/TT-BTC", 2025, "BTC:99/2025/TT-BTC:2025"},
                      KeyRow{"trimmed", " btc ", "  99/2025/TT-BTC\t", 2025, "BTC:99/2025/TT-BTC:2025"},
                      KeyRow{"inner_blanks", "NAV", "Online \t Invoice  3.0", 2020, "NAV:Online Invoice 3.0:2020"},
                      KeyRow{"no_break_space", "BTC", "99/2025/TT-BTC\u00A0", 2025, "BTC:99/2025/TT-BTC:2025"},
                      KeyRow{"composed", "CP", "123/2020/N\u0110-CP", 2020, "CP:123/2020/N\u0110-CP:2020"},
                      KeyRow{"eth_of_old_fonts", "CP", "123/2020/N\u00D0-CP", 2020, "CP:123/2020/N\u0110-CP:2020"},
                      KeyRow{"decomposed", "BTC", "Thô\u0301ng", 2025, "BTC:Th\u1ED1ng:2025"},
                      KeyRow{"issuer_with_stroke", "bl\u0111tbxh", "1", 2025, "BL\u0110TBXH:1:2025"},
                      KeyRow{"colon_in_number", "X", "a:b", 2025, "X:a:b:2025"},
                      KeyRow{"case_of_number_kept", "BTC", "99/tt", 2025, "BTC:99/tt:2025"},
                      KeyRow{"chinese", "MOF", "财会〔2019〕6号", 2019, "MOF:财会〔2019〕6号:2019"}),
    [](const auto& row) { return row.param.name; });

TEST(ActKey, SameNumberOfAnotherIssuerOrYearIsAnotherAct) {
  const auto key = ActKey::parse("BTC:58/2025/TT:2025");
  ASSERT_THAT(key, is_ok());
  EXPECT_NE(*key, *ActKey::parse("NHNN:58/2025/TT:2025"));
  EXPECT_NE(*key, *ActKey::parse("BTC:58/2025/TT:2026"));
  EXPECT_EQ(*key, *ActKey::parse("btc: 58/2025/TT :2025"));
}

class BadKey : public ::testing::TestWithParam<const char*> {};

TEST_P(BadKey, IsRefused) {
  EXPECT_THAT(ActKey::parse(GetParam()), fails_with(ErrorCode::malformed));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadKey,
                         ::testing::Values("", "BTC", "BTC:2025", "BTC:99/2025", ":99:2025", "BTC: :2025", "BTC:99:25",
                                           "BTC:99:20x5", "BTC:99:1899", "BTC:99:3000", "B C:99:2025",
                                           "BTC:99\x01:2025", "BTC:99\n:", "BTC:\xff:2025", "B\u00A0C:9:2025",
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG:9:2025"));

TEST(ActKey, RefusesANumberThatIsTooLong) {
  EXPECT_THAT(ActKey::create("BTC", std::string(128, 'x'), 2025), is_ok());
  EXPECT_THAT(ActKey::create("BTC", std::string(129, 'x'), 2025), fails_with(ErrorCode::malformed, "128"));
}

constexpr const char* kFull =
    R"({"format":"kip.act/1","country":"VN","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,
"kind":"circular","title":"Accounting regime","note":"n","signed_on":"2025-10-27","gazetted_on":"2025-11-05",
"effective_on":"2026-01-01","confidence":"press",
"document_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
"changes":["report-form","accounting-regime"],"forms":["B01-DN","B02-DN"],"replaces":["200/2014/TT-BTC"],
"applies_to":{"products":["forms"],"regimes":["TT99"]}})";

constexpr const char* kLeast = R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,
"kind":"circular","signed_on":"2025-10-27","changes":["tax-form"]})";

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  const auto at = text.find(part);
  if (at == std::string::npos) throw std::logic_error("no such part: " + std::string(part));
  return text.replace(at, part.size(), by);
}

TEST(ActJson, GoldenTextRoundTrips) {
  const auto act = parse_act(kFull);
  ASSERT_THAT(act, is_ok());
  EXPECT_EQ(act->key.str(), "BTC:99/2025/TT-BTC:2025");
  EXPECT_EQ(act->changes, (std::set<ActChange>{ActChange::report_form, ActChange::accounting_regime}));
  EXPECT_EQ(format_date(*act->gazetted_on), "2025-11-05");
  EXPECT_EQ(to_json(*act), *json::parse(kFull));
  EXPECT_EQ(*read_act(to_json(*act)), *act);
}

TEST(ActJson, OfVersionOneOneRoundTrips) {
  const std::string text =
      R"({"format":"kip.act/1.1","country":"VN","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,
    "kind":"circular","signed_on":"2025-10-27","aware_on":"2025-10-28","changes":["tax-form"],
    "sources":{"signed_on":"the document"},"parts":["print-form","xml-export"],"amends":["80/2021/TT-BTC"],
    "applies_to":{"products":[],"regimes":[],"vat_methods":["deduction"],"trades":["gold"]}})";
  const auto act = parse_act(text);
  ASSERT_THAT(act, is_ok());
  EXPECT_EQ(to_json(*act), *json::parse(text));
  EXPECT_EQ(act->sources.at(Trigger::act_signed), "the document");
  EXPECT_THAT(parse_act(replaced(text, "print-form", "xml-export")), fails_with(ErrorCode::malformed, "twice"));
  EXPECT_THAT(parse_act(replaced(text, "print-form", "print form")), fails_with(ErrorCode::malformed, "parts"));
}

TEST(ServedAct, IsAnActOrOneOfItsParts) {
  const ServedAct whole = ServedAct::parse("BTC:99/2025/TT-BTC:2025").value();
  const ServedAct part = ServedAct::parse("btc:99/2025/TT-BTC:2025#xml-export").value();
  EXPECT_EQ(part.str(), "BTC:99/2025/TT-BTC:2025#xml-export");
  EXPECT_TRUE(whole.serves(whole.key, "xml-export"));
  EXPECT_TRUE(part.serves(whole.key, "xml-export"));
  EXPECT_FALSE(part.serves(whole.key, "print-form"));
  EXPECT_EQ(ServedAct::parse("BTC:1#2:2025").value().key.number(), "1#2");
  for (const char* bad : {"BTC:99:2025#", "BTC:99:2025#X", "BTC:99:2025#a b"})
    EXPECT_THAT(ServedAct::parse(bad), fails_with(ErrorCode::malformed)) << bad;
}

TEST(ActJson, LeavesOutWhatIsNotKnown) {
  const auto act = parse_act(kLeast);
  ASSERT_THAT(act, is_ok());
  EXPECT_EQ(act->country, "VN");
  EXPECT_FALSE(act->effective_on);
  EXPECT_EQ(to_json(*act), *json::parse(replaced(kLeast, "\"issuer\"", "\"country\":\"VN\",\"issuer\"")));
}

TEST(ActJson, WithoutSigningDateIsRefusedWithTheReason) {
  EXPECT_THAT(parse_act(replaced(kLeast, "\"signed_on\":\"2025-10-27\",", "")),
              fails_with(ErrorCode::malformed, "an act without a signing date"));
}

struct Broken {
  const char* name;
  const char* part;
  const char* by;
  const char* message;
};

class BrokenAct : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenAct, IsRefusedWithItsPlace) {
  EXPECT_THAT(parse_act(replaced(kFull, GetParam().part, GetParam().by)),
              fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenAct,
    ::testing::Values(Broken{"major", "kip.act/1", "kip.act/2", "kip.act/1"},
                      Broken{"unknown_member", "\"note\"", "\"notes\"", "notes"},
                      Broken{"unknown_inner_member", "\"regimes\"", "\"regime\"", "regime"},
                      Broken{"kind", "circular", "letter", "circular, decision"},
                      Broken{"change", "report-form", "report_form", "report-form, tax-form"},
                      Broken{"no_change", R"(["report-form","accounting-regime"])", "[]", "changes"},
                      Broken{"date", "2025-10-27", "27/10/2025", "signed_on"},
                      Broken{"effective", "2026-01-01", "", "effective_on"},
                      Broken{"country", "\"VN\"", "\"Vietnam\"", "country"}, Broken{"year", ":2025,", ":25,", "year"},
                      Broken{"issuer", "\"BTC\"", "\"\"", "issuer"}, Broken{"digest", "e3b0", "e3b", "document_sha256"},
                      Broken{"product", "[\"forms\"]", "[\"For ms\"]", "products"},
                      Broken{"form", "[\"B01-DN\",", "[1,", "forms"}),
    [](const auto& row) { return row.param.name; });

TEST(ActJson, LaterMinorVersionMayHaveMembersUnknownToUs) {
  EXPECT_THAT(parse_act(replaced(replaced(kFull, "kip.act/1", "kip.act/1.4"), "\"note\"", "\"colour\"")), is_ok());
}

std::vector<std::string> codes(const Act& act) {
  std::vector<std::string> out;
  for (const Warning& warning : check_act(act))
    out.push_back(warning.code);
  return out;
}

TEST(CheckAct, WarnsOfDatesAndYearsThatDoNotAgree) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  EXPECT_THAT(codes(*parse_act(kFull)), IsEmpty());
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "2026-01-01", "2025-10-26"))), ElementsAre("effective-before-signed"));
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "2026-01-01", "2025-10-27"))), IsEmpty());
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "2025-11-05", "2025-10-01"))), ElementsAre("gazetted-before-signed"));
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "\"year\":2025", "\"year\":2026"))), ElementsAre("year-differs"));
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "99/2025/TT", "99/2024/TT"))), ElementsAre("year-differs"));
  EXPECT_THAT(codes(*parse_act(replaced(kFull, "99/2025/TT-BTC", "12345/BTC-2025.1"))), IsEmpty());
}

}  // namespace
}  // namespace kip
