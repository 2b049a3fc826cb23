#include <gtest/gtest.h>

#include <client-updater/update/offer.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

Target target(std::string_view version) {
  return {Version::parse(version).value(), sha256(version)};
}

Listing listing(std::string_view version, std::int64_t percent = 100, bool paused = false) {
  const ProductId product = ProductId::parse("forms").value();
  const Target offered = target(version);
  Listing out;
  out.rollout = Rollout{product, offered.version, percent, paused};
  out.release = ListedRelease{Release{product, offered.version, offered.manifest, {}, {}, {}, {}, {}}, {}};
  return out;
}

State with(std::string_view in_use, std::string_view skipped = "") {
  State state;
  state.enrolment = Enrolment{sha256(""),
                              "http://vendor.test",
                              TenantId::parse("an-phat").value(),
                              ProductId::parse("forms").value(),
                              sha256(""),
                              "",
                              InstallId::parse("01JD0000000000000000000001").value(),
                              "",
                              "",
                              "",
                              {}};
  if (!in_use.empty()) state.versions = {{target(in_use), {}, Instant(), true}};
  if (!skipped.empty()) state.skipped = target(skipped);
  return state;
}

struct Row {
  const char* name;
  Listing listing;
  State state;
  bool again;
  OfferKind expected;
};

class JudgeOffer : public ::testing::TestWithParam<Row> {};

TEST_P(JudgeOffer, IsAsInTheTable) {
  EXPECT_EQ(judge_offer(GetParam().listing, GetParam().state, GetParam().again), GetParam().expected);
}

const std::vector<Row> kRows = {
    {"Nothing", Listing{}, with("1.0"), false, OfferKind::nothing_published},
    {"First", listing("1.0"), with(""), false, OfferKind::available},
    {"Current", listing("1.0"), with("1.0"), false, OfferKind::up_to_date},
    {"CurrentThoughPaused", listing("1.0", 100, true), with("1.0"), false, OfferKind::up_to_date},
    {"CurrentThoughAgain", listing("1.0"), with("1.0"), true, OfferKind::up_to_date},
    {"Newer", listing("1.1"), with("1.0"), false, OfferKind::available},
    {"Older", listing("0.9"), with("1.0"), false, OfferKind::older},
    {"OlderThoughAgain", listing("0.9"), with("1.0"), true, OfferKind::older},
    {"Paused", listing("1.1", 100, true), with("1.0"), false, OfferKind::paused},
    {"PausedThoughAgain", listing("1.1", 100, true), with("1.0", "1.1"), true, OfferKind::paused},
    {"NobodyYet", listing("1.1", 0), with("1.0"), false, OfferKind::not_yet},
    {"Skipped", listing("1.1"), with("1.0", "1.1"), false, OfferKind::skipped},
    {"SkippedAndEarlier", listing("1.1"), with("1.0", "1.2"), false, OfferKind::skipped},
    {"SkippedButAsked", listing("1.1"), with("1.0", "1.1"), true, OfferKind::available},
    {"NewerThanSkipped", listing("1.2"), with("1.0", "1.1"), false, OfferKind::available},
};

INSTANTIATE_TEST_SUITE_P(Rows, JudgeOffer, ::testing::ValuesIn(kRows), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip::updater
