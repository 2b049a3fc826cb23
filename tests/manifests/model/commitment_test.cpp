#include <gtest/gtest.h>

#include <manifests/model/commitment.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

constexpr const char* kFull =
    R"({"format":"kip.commitment/1","id":"forms-published-7d","product":"forms","title":"Forms",
"clause":"within 7 days","issuers":["BTC","TCT"],"act_kinds":["circular","decision"],
"changes":["report-form","tax-form"],"period":{"amount":7,"unit":"day"},"trigger":"signed","rule":"VN-CIVIL-2015",
"calendar":"VN","profile":"public","milestone":"published"})";

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  const auto at = text.find(part);
  if (at == std::string::npos) throw std::logic_error("no such part: " + std::string(part));
  return text.replace(at, part.size(), by);
}

Commitment commitment(std::string_view part = "", std::string_view by = "") {
  return parse_commitment(part.empty() ? kFull : replaced(kFull, part, by)).value();
}

Act act(std::string_view part = "", std::string_view by = "") {
  constexpr const char* kAct = R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,
    "kind":"circular","signed_on":"2025-10-27","effective_on":"2026-01-01","changes":["report-form","business-rule"],
    "applies_to":{"products":[]}})";
  return parse_act(part.empty() ? kAct : replaced(kAct, part, by)).value();
}

TEST(CommitmentJson, GoldenTextRoundTrips) {
  const auto read = parse_commitment(kFull);
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(read->id.str(), "forms-published-7d");
  EXPECT_EQ(*read->period, *Period::create(7, PeriodUnit::day));
  EXPECT_EQ(to_json(*read), *json::parse(kFull));
  EXPECT_EQ(*read_commitment(to_json(*read)), *read);
}

TEST(CommitmentJson, PeriodNoneIsSaidInWords) {
  const Commitment read = commitment(R"({"amount":7,"unit":"day"})", "\"none\"");
  EXPECT_FALSE(read.period);
  EXPECT_EQ(*read_commitment(to_json(read)), read);
}

struct Broken {
  const char* name;
  const char* part;
  const char* by;
  ErrorCode code;
  const char* message;
};

class BrokenCommitment : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenCommitment, IsRefusedWithItsPlace) {
  EXPECT_THAT(parse_commitment(replaced(kFull, GetParam().part, GetParam().by)),
              fails_with(GetParam().code, GetParam().message));
}

constexpr auto kMalformed = ErrorCode::malformed;

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenCommitment,
    ::testing::Values(Broken{"major", "commitment/1", "commitment/2", kMalformed, "kip.commitment/1"},
                      Broken{"id", "forms-published-7d", "Forms 7", kMalformed, "id"},
                      Broken{"unknown_member", "\"title\"", "\"titel\"", kMalformed, "titel"},
                      Broken{"no_issuer", R"(["BTC","TCT"])", "[]", kMalformed, "issuers"},
                      Broken{"no_kind", R"(["circular","decision"])", "[]", kMalformed, "act_kinds"},
                      Broken{"kind", "\"circular\"", "\"letter\"", kMalformed, "circular, decision"},
                      Broken{"change", "\"tax-form\"", "\"tax\"", kMalformed, "changes"},
                      Broken{"changes_missing", R"("changes":["report-form","tax-form"],)", "", kMalformed, "changes"},
                      Broken{"period_missing", R"("period":{"amount":7,"unit":"day"},)", "", kMalformed, "\"none\""},
                      Broken{"period_null", R"({"amount":7,"unit":"day"})", "null", kMalformed, "period"},
                      Broken{"period_word", R"({"amount":7,"unit":"day"})", "\"7 days\"", kMalformed, "period"},
                      Broken{"period_zero", ":7,", ":0,", kMalformed, "a period of 0 days"},
                      Broken{"period_long", R"(:7,"unit":"day")", R"(:11,"unit":"year")", kMalformed, "1 to 10"},
                      Broken{"unit", "\"day\"", "\"days\"", kMalformed, "day, week"},
                      Broken{"unit_of_a_clock", "\"day\"", "\"hour\"", kMalformed, "acts have dates"},
                      Broken{"trigger", "\"signed\"", "\"printed\"", kMalformed, "signed, gazetted"},
                      Broken{"rule", "VN-CIVIL-2015", "VN-CIVIL", ErrorCode::not_found, "LITERAL, VN-CIVIL-2015"},
                      Broken{"calendar", "\"VN\"", "\"vn\"", kMalformed, "calendar"},
                      Broken{"profile", "\"public\"", "\"private\"", kMalformed, "public, statutory"},
                      Broken{"milestone", "\"published\"", "\"shipped\"", kMalformed, "published, installed"}),
    [](const auto& row) { return row.param.name; });

TEST(CommitmentJson, ErrorsNameTheCommitment) {
  EXPECT_THAT(parse_commitment(replaced(kFull, "\"VN\"", "\"vn\"")),
              fails_with(ErrorCode::malformed, "commitment \"forms-published-7d\""));
}

TEST(Commitment, MatchesByIssuerKindChangeAndProduct) {
  EXPECT_TRUE(commitment().matches(act()));
  EXPECT_FALSE(commitment().matches(act("\"BTC\"", "\"NHNN\"")));
  EXPECT_TRUE(commitment().matches(act("\"BTC\"", "\"tct\"")));
  EXPECT_FALSE(commitment().matches(act("\"circular\"", "\"decree\"")));
  EXPECT_FALSE(commitment().matches(act("\"report-form\",", "")));
  EXPECT_TRUE(commitment(R"(["report-form","tax-form"])", "[]").matches(act("\"report-form\",", "")));
  EXPECT_TRUE(commitment().matches(act("\"products\":[]", "\"products\":[\"program\",\"forms\"]")));
  EXPECT_FALSE(commitment().matches(act("\"products\":[]", "\"products\":[\"program\"]")));
}

TEST(Commitment, AnIssuerOfWhomNobodySpeaksIsWarnedAbout) {
  EXPECT_EQ(check_issuer(act("\"BTC\"", "\"BCT\""), {commitment()}).at(0).code, "issuer-unknown");
  EXPECT_TRUE(check_issuer(act(), {commitment()}).empty());
  EXPECT_TRUE(check_issuer(act(), {}).empty());
}

TEST(Commitments, SampleIsVendorAsPromises) {
  const std::string sample = testing::read_file(KIP_SAMPLES "/commitments-sample.json");
  const auto read = parse_commitments(sample);
  ASSERT_THAT(read, is_ok());
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(to_json(*read), *json::parse(sample));
  const Act decision = act("\"circular\"", "\"decision\"");
  const Act rule_only = act("\"report-form\",", "");
  EXPECT_TRUE((*read)[0].matches(act()));
  EXPECT_EQ((*read)[0].milestone, Milestone::published);
  EXPECT_FALSE((*read)[1].matches(decision));
  EXPECT_EQ((*read)[1].milestone, Milestone::installed);
  EXPECT_TRUE((*read)[2].matches(decision));
  EXPECT_TRUE((*read)[2].matches(rule_only));
  EXPECT_FALSE((*read)[0].matches(rule_only));
}

TEST(Commitments, RefuseAnIdTwiceAndAnotherFormat) {
  const std::string list = std::string(R"({"format":"kip.commitments/1","commitments":[)") + kFull + "]}";
  EXPECT_THAT(parse_commitments(list), is_ok());
  const std::string twice =
      std::string(R"({"format":"kip.commitments/1","commitments":[)") + kFull + "," + kFull + "]}";
  EXPECT_THAT(parse_commitments(twice), fails_with(ErrorCode::malformed, "stands twice"));
  EXPECT_THAT(parse_commitments(kFull), fails_with(ErrorCode::malformed, "kip.commitments/1"));
  EXPECT_THAT(parse_commitments(R"({"format":"kip.commitments/1"})"), fails_with(ErrorCode::malformed, "commitments"));
}

}  // namespace
}  // namespace kip
