#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/rollout/rollout.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;

const Instant kStart = parse_instant("2026-03-02T01:00:00Z").value();
constexpr std::chrono::hours kDay(24);

/// Good enough where only sameness counts.
Sha256Digest fake_sha256(BytesView bytes) {
  std::array<std::uint8_t, 32> out = {};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out[i % 32] = static_cast<std::uint8_t>(out[i % 32] * 31U + static_cast<unsigned char>(bytes[i]));
  return Sha256Digest(out);
}

const Sha256Digest kManifest = fake_sha256("manifest");
const InstallId kInstall = InstallId::parse("01JD0000000000000000000000").value();

Labels labels(std::initializer_list<const char*> texts) {
  Labels out;
  for (const char* text : texts)
    out.insert(Label::parse(text).value());
  return out;
}

Rollout rollout(std::int64_t percent = 0) {
  return {ProductId::parse("forms").value(), Version::parse("1.1").value(), percent};
}

Rollout staged() {
  Rollout out = rollout();
  out.ramp = {{kStart + kDay, 20}, {kStart + 2 * kDay, 100}};
  out.rings = {{labels({"pilot"}), 0, {{kStart, 100}}}, {labels({"hue", "da-nang"}), 10, {{kStart + kDay, 100}}}};
  return out;
}

Reached reach(const Rollout& rollout, const Labels& own, Instant now, const Labels& audience = {}) {
  return reach_of(rollout, {kManifest, audience}, kInstall, own, now, fake_sha256);
}

std::int64_t share_of(const Rollout& rollout, Instant now) {
  std::int64_t reached = 0;
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, 10> random = {};
    random[0] = static_cast<std::uint8_t>(i / 250);
    random[9] = static_cast<std::uint8_t>(i % 250);
    const InstallId id = InstallId::make(kStart, random);
    const Sha256Function mixed = [i](BytesView) {
      std::array<std::uint8_t, 32> out = {};
      out[6] = static_cast<std::uint8_t>(i * 10 / 256);
      out[7] = static_cast<std::uint8_t>(i * 10 % 256);
      return Sha256Digest(out);
    };
    if (reach_of(rollout, {kManifest, {}}, id, {}, now, mixed).reach == Reach::reached) ++reached;
  }
  return reached;
}

TEST(Rollout, ReachesItsShareOfInstalls) {
  EXPECT_EQ(share_of(rollout(0), kStart), 0);
  EXPECT_EQ(share_of(rollout(8), kStart), 80);
  EXPECT_EQ(share_of(rollout(100), kStart), 1000);
}

TEST(Rollout, GrowsOverTimeAndKeepsWhomItHasReached) {
  const Rollout growing = staged();
  EXPECT_EQ(share_of(growing, kStart + kDay - std::chrono::milliseconds(1)), 0);
  EXPECT_EQ(share_of(growing, kStart + kDay), 200);
  EXPECT_EQ(share_of(growing, kStart + 2 * kDay), 1000);
  bool was = false;
  for (std::int64_t percent = 0; percent <= 100; ++percent) {
    const bool is = reach(rollout(percent), {}, kStart).reach == Reach::reached;
    EXPECT_TRUE(is || !was) << percent;
    was = is;
  }
  EXPECT_TRUE(was);
}

TEST(Rollout, TellsWhenTheRampComesToAnInstall) {
  const std::int64_t cohort = cohort_of(kInstall, kManifest, fake_sha256);
  Rollout growing = rollout();
  growing.ramp = {{kStart, cohort / 100}, {kStart + kDay, cohort / 100 + 1}};
  EXPECT_EQ(reach(growing, {}, kStart), (Reached{Reach::not_yet, kStart + kDay}));
  EXPECT_EQ(reach(growing, {}, kStart + kDay), Reached{});
  growing.ramp.pop_back();
  EXPECT_EQ(reach(growing, {}, kStart + 9 * kDay), (Reached{Reach::not_yet, std::nullopt}));
}

TEST(Rollout, CountsAnInstallInTheFirstRingThatHasOneOfItsLabels) {
  const Rollout rings = staged();
  EXPECT_EQ(reach(rings, labels({"pilot"}), kStart).reach, Reach::reached);
  EXPECT_EQ(reach(rings, labels({"hue", "pilot"}), kStart).reach, Reach::reached);
  EXPECT_EQ(reach(rings, labels({"da-nang"}), kStart + kDay).reach, Reach::reached);
  EXPECT_EQ(reach(rings, labels({"da-nang"}), kStart).from, kStart + kDay);
  EXPECT_EQ(reach(rings, labels({"other"}), kStart).from, reach(rings, {}, kStart).from);
  EXPECT_TRUE(rings.asks_for_labels());
  EXPECT_FALSE(rollout().asks_for_labels());
}

TEST(Rollout, GoesToNobodyElseThanOfficersMeant) {
  const Rollout all = rollout(100);
  EXPECT_EQ(reach(all, labels({"gold"}), kStart, labels({"gold", "silver"})).reach, Reach::reached);
  EXPECT_EQ(reach(all, labels({"pilot"}), kStart, labels({"gold"})).reach, Reach::other_audience);
  EXPECT_EQ(reach(all, {}, kStart, labels({"gold"})).reach, Reach::other_audience);
}

TEST(Rollout, ReachesNobodyWhilePaused) {
  Rollout paused = staged();
  paused.paused = true;
  for (const Labels& own : {Labels(), labels({"pilot"})})
    EXPECT_EQ(reach(paused, own, kStart + 9 * kDay).reach, Reach::paused);
}

TEST(Rollout, IsOpenToAllOnceEveryRampIsAtItsEnd) {
  Rollout growing = staged();
  EXPECT_FALSE(growing.is_open_to_all(kStart + kDay));
  EXPECT_TRUE(growing.is_open_to_all(kStart + 2 * kDay));
  growing.rings[1].ramp[0].percent = 99;
  EXPECT_FALSE(growing.is_open_to_all(kStart + 2 * kDay));
  EXPECT_TRUE(rollout(100).is_open_to_all(kStart));
}

TEST(Rollout, IsReadAsItWasWritten) {
  Rollout full = staged();
  full.paused = true;
  full.base = Version::parse("1.0").value();
  full.reason = "bảng kê sai";
  full.windows = "mon-fri 19:00-06:00";
  full.force_after = kStart + 3 * kDay;
  full.force_before_due_hours = 24;
  EXPECT_EQ(parse_rollout(json::to_compact(to_json(full))).value(), full);
  EXPECT_EQ(parse_rollout(json::to_compact(to_json(rollout(7)))).value(), rollout(7));
}

struct Wrong {
  const char* name;
  std::function<void(Rollout&)> change;
};

class WrongRollout : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongRollout, IsRefused) {
  Rollout wrong = staged();
  GetParam().change(wrong);
  EXPECT_THAT(parse_rollout(json::to_compact(to_json(wrong))), fails_with(ErrorCode::malformed));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongRollout,
    ::testing::Values(Wrong{"FallingShare", [](Rollout& r) { r.ramp[1].percent = 10; }},
                      Wrong{"ShareBelowTheFirst", [](Rollout& r) { r.percent = 50; }},
                      Wrong{"StepsAtOneTime", [](Rollout& r) { r.ramp[1].from = r.ramp[0].from; }},
                      Wrong{"FallingRing",
                            [](Rollout& r) { r.rings[1].percent = 100, r.rings[1].ramp[0].percent = 1; }},
                      Wrong{"RingOfNobody", [](Rollout& r) { r.rings[0].labels.clear(); }},
                      Wrong{"ShareAboveAll", [](Rollout& r) { r.ramp[1].percent = 101; }},
                      Wrong{"TiedToTheLimitItself", [](Rollout& r) { r.force_before_due_hours = 0; }},
                      Wrong{"TiedTooFarBefore", [](Rollout& r) { r.force_before_due_hours = 721; }},
                      Wrong{"WindowsOfNoKind", [](Rollout& r) { r.windows = "at night"; }}),
    [](const auto& row) { return row.param.name; });

struct Change {
  const char* name;
  std::function<void(Rollout&)> change;
  bool no_wider;
};

class ChangedRollout : public ::testing::TestWithParam<Change> {};

TEST_P(ChangedRollout, IsOnePersonsWordOnlyWhereNobodyGetsAnythingSooner) {
  Rollout before = staged();
  before.base = Version::parse("1.0").value();
  before.force_after = kStart + kDay;
  Rollout after = before;
  GetParam().change(after);
  EXPECT_EQ(is_no_wider(before, after), GetParam().no_wider);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ChangedRollout,
    ::testing::Values(Change{"Same", [](Rollout&) {}, true},
                      Change{"Paused", [](Rollout& r) { r.paused = true; }, true},
                      Change{"PausedWithAReason", [](Rollout& r) { r.paused = true, r.reason = "wrong"; }, true},
                      Change{"OtherVersion", [](Rollout& r) { r.version = Version::parse("1.2").value(); }, false},
                      Change{"OtherVersionPaused",
                             [](Rollout& r) { r.version = Version::parse("1.2").value(), r.paused = true; }, false},
                      Change{"LessAtFirst", [](Rollout& r) { r.ramp[0].percent = 10; }, true},
                      Change{"MoreAtFirst", [](Rollout& r) { r.ramp[0].percent = 21; }, false},
                      Change{"Later", [](Rollout& r) { r.ramp[1].from += kDay; }, true},
                      Change{"Sooner", [](Rollout& r) { r.ramp[1].from -= std::chrono::hours(1); }, false},
                      Change{"WithoutRamp", [](Rollout& r) { r.ramp.clear(); }, true},
                      Change{"AllAtOnce", [](Rollout& r) { r.percent = 100, r.ramp.clear(); }, false},
                      Change{"RingLess", [](Rollout& r) { r.rings[1].percent = 0; }, true},
                      Change{"RingMore", [](Rollout& r) { r.rings[1].percent = 11; }, false},
                      Change{"RingOfOthers", [](Rollout& r) { r.rings[0].labels = labels({"hue"}); }, false},
                      Change{"RingGone", [](Rollout& r) { r.rings.pop_back(); }, false},
                      Change{"InWindows", [](Rollout& r) { r.windows = "20:00-22:00"; }, true},
                      Change{"ForcedLater", [](Rollout& r) { *r.force_after += kDay; }, true},
                      Change{"ForcedSooner", [](Rollout& r) { r.force_after.reset(); }, false},
                      Change{"TiedAtTheSameTime", [](Rollout& r) { r.force_before_due_hours = 24; }, false},
                      Change{"OtherBase", [](Rollout& r) { r.base = Version::parse("0.9").value(); }, false},
                      Change{"WithoutBase", [](Rollout& r) { r.base.reset(); }, true}),
    [](const auto& row) { return row.param.name; });

TEST(Rollout, ATieIsLoosenedByOnePersonAndNotMadeTighter) {
  Rollout before = staged();
  before.force_after = kStart + kDay;
  before.force_before_due_hours = 24;
  const auto changed = [&](auto change) {
    Rollout after = before;
    change(after);
    return is_no_wider(before, after);
  };
  EXPECT_TRUE(changed([](Rollout& r) { r.force_after = kStart; }));  // the limit has moved
  EXPECT_TRUE(changed([](Rollout& r) { r.force_before_due_hours = 12; }));
  EXPECT_FALSE(changed([](Rollout& r) { r.force_before_due_hours = 25; }));
  EXPECT_TRUE(changed([](Rollout& r) { r.force_before_due_hours.reset(); }));
  EXPECT_FALSE(changed([](Rollout& r) { r.force_before_due_hours.reset(), *r.force_after -= kDay; }));
  before.force_after.reset();  // what officers signed holds, and a tie is never earlier
  EXPECT_TRUE(changed([](Rollout& r) { r.force_before_due_hours = 48; }));
}

TEST(Rollout, IsNotResumedByOnePerson) {
  Rollout paused = staged();
  paused.paused = true;
  EXPECT_FALSE(is_no_wider(paused, staged()));
  EXPECT_TRUE(is_no_wider(paused, paused));
  Rollout wider = paused;
  wider.percent = 100;
  EXPECT_FALSE(is_no_wider(paused, wider)) << "it would be wider once it goes on";
  EXPECT_FALSE(is_no_wider(staged(), wider));
  wider = paused;
  wider.windows = "20:00-22:00";
  EXPECT_TRUE(is_no_wider(paused, wider));
}

}  // namespace
}  // namespace kip
