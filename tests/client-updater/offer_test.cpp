#include <gtest/gtest.h>

#include <client-updater/update/offer.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

const Instant kNow = parse_instant("2026-03-02T01:00:00Z").value();

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
  EXPECT_EQ(judge_offer(GetParam().listing, GetParam().state, {GetParam().again, kNow}).kind, GetParam().expected);
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

ListedRelease listed(std::string_view version) {
  const Target offered = target(version);
  return {Release{ProductId::parse("forms").value(), offered.version, offered.manifest, {}, {}, {}, {}, {}}, {}};
}

/// Version 1.1 is on its way, 1.0 is what the others get.
Listing with_base(std::int64_t percent, bool paused = false) {
  Listing out = listing("1.1", percent, paused);
  out.rollout->base = Version::parse("1.0").value();
  out.base = listed("1.0");
  return out;
}

Offer judge(const Listing& listing, const State& state) {
  return judge_offer(listing, state, {false, kNow});
}

TEST(Offers, WhomTheVersionHasNotReachedGetsTheOneBefore) {
  for (const bool paused : {false, true}) {
    const Listing listing = with_base(0, paused);
    for (const char* in_use : {"", "0.9"}) {
      const Offer offer = judge(listing, with(in_use));
      EXPECT_EQ(offer.kind, OfferKind::available);
      EXPECT_EQ(offer.release, &*listing.base);
    }
    EXPECT_EQ(judge(listing, with("1.0")).kind, paused ? OfferKind::paused : OfferKind::not_yet);
    EXPECT_EQ(judge(listing, with("1.1")).kind, OfferKind::up_to_date);
  }
  const Listing reached = with_base(100);
  EXPECT_EQ(judge(reached, with("")).release, &*reached.release);
}

TEST(Offers, ARampTellsWhenItComesToThisInstall) {
  Listing listing = with_base(0);
  const Instant later = kNow + std::chrono::hours(24);
  listing.rollout->ramp = {{later, 100}};
  const Offer offer = judge(listing, with("1.0"));
  EXPECT_EQ(offer.kind, OfferKind::not_yet);
  EXPECT_EQ(offer.from, later);
  EXPECT_EQ(judge_offer(listing, with("1.0"), {false, later}).kind, OfferKind::available);
}

TEST(Offers, AVersionThatOfficersHaveRevokedIsLeftWithoutRegardToShares) {
  State state = with("1.0");
  state.policy.revoked = {{"1.0", "wrong rate"}};
  EXPECT_EQ(judge(listing("1.1", 0), state).kind, OfferKind::available);
  EXPECT_EQ(judge(listing("1.1", 0, true), state).kind, OfferKind::paused);
}

TEST(Offers, AnAllowedPredecessorTakesThePlaceOfARevokedVersion) {
  State state = with("1.1");
  state.policy.revoked = {{"1.1", "wrong rate"}};
  EXPECT_EQ(judge(listing("1.0"), state).kind, OfferKind::older);
  state.policy.downgrades[Version::parse("1.0").value()] = {Version::parse("1.1").value()};
  EXPECT_EQ(judge(listing("1.0", 0), state).kind, OfferKind::available);
}

TEST(Offers, LabelsDecideWhomOfficersMeantAndWhichRingGoesFirst) {
  const Labels pilots{Label::parse("pilot").value()};
  State pilot = with("1.0");
  pilot.postponement = Postponement{true, false, kNow, pilots};
  Listing listing = with_base(0);
  listing.rollout->rings = {{pilots, 100, {}}};
  EXPECT_TRUE(listing.asks_for_labels());
  EXPECT_EQ(judge(listing, pilot).kind, OfferKind::available);
  EXPECT_EQ(judge(listing, with("1.0")).kind, OfferKind::not_yet);

  Listing meant = with_base(100);
  EXPECT_FALSE(meant.asks_for_labels());
  meant.release->release.audience = pilots;
  EXPECT_TRUE(meant.asks_for_labels());
  EXPECT_EQ(judge(meant, pilot).kind, OfferKind::available);
  EXPECT_EQ(judge(meant, with("1.0")).kind, OfferKind::not_for_us);
}

TEST(Offers, WhatOfficersMeantForOthersIsNoVersionToWaitWith) {
  const Labels pilots{Label::parse("pilot").value()};
  Listing listing = with_base(0);
  listing.base->release.audience = pilots;
  EXPECT_TRUE(listing.asks_for_labels());
  EXPECT_EQ(judge(listing, with("0.9")).kind, OfferKind::not_yet);
  State pilot = with("0.9");
  pilot.postponement = Postponement{true, false, kNow, pilots};
  EXPECT_EQ(judge(listing, pilot).release, &*listing.base);
}

INSTANTIATE_TEST_SUITE_P(Rows, JudgeOffer, ::testing::ValuesIn(kRows), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip::updater
