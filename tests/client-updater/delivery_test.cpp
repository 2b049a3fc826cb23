#include "world.hpp"

namespace kip::updater {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

/// Four receipts wait in the outbox.
std::unique_ptr<World> world_with_receipts() {
  auto world = std::make_unique<World>();
  KIP_CHECK(world->enrol().has_value());
  world->vendor.release("1.0", kOldForms);
  KIP_CHECK(world->update().has_value());
  return world;
}

TEST(Deliver, EmptiesTheOutbox) {
  const auto world = world_with_receipts();
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->delivered, 4);
  EXPECT_EQ(result->kept, 0);
  EXPECT_FALSE(result->failure);
  EXPECT_EQ(world->vendor.receipts.size(), 4U);
  EXPECT_EQ(world->store.counts()->acknowledged, 4);
  EXPECT_EQ(world->deliver()->delivered, 0);
}

TEST(Deliver, SendsAtMostAHundredAtATime) {
  const auto world = world_with_receipts();
  Install install = world->open().value();
  const Target target = install.state().current()->target;
  for (int i = 0; i < 150; ++i)
    ASSERT_THAT(install.save(install.state(), Report{InstallState::failed, target, "again"}), is_ok());
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->delivered, 154);
  EXPECT_EQ(world->vendor.receipts.size(), 154U);
}

TEST(Deliver, KeepsTheReceiptsWhereTheServerIsDown) {
  const auto world = world_with_receipts();
  world->vendor.receipts_down = true;
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->kept, 4);
  ASSERT_TRUE(result->failure);
  EXPECT_THAT(result->failure->message, HasSubstr("could not connect"));
  EXPECT_EQ(world->store.load()->delivery.next_try, result->next_try);
}

TEST(Deliver, WaitsForItsTimeUnlessAPersonAsks) {
  const auto world = world_with_receipts();
  world->vendor.receipts_down = true;
  ASSERT_THAT(world->deliver(), is_ok());
  world->vendor.receipts_down = false;
  const auto early = world->deliver(Urgency::when_due);
  EXPECT_EQ(early->kept, 4);
  EXPECT_FALSE(early->failure);
  world->advance(minutes(1));
  EXPECT_EQ(world->deliver(Urgency::when_due)->delivered, 4);
  EXPECT_EQ(world->store.load()->delivery, Delivery{});
}

TEST(Deliver, HonoursRetryAfter) {
  const auto world = world_with_receipts();
  world->vendor.retry_after = "7200";
  const auto result = world->deliver();
  ASSERT_TRUE(result->failure);
  EXPECT_EQ(result->failure->code, ErrorCode::busy);
  EXPECT_EQ(*result->next_try, world->clock.now() + seconds(7200));
}

TEST(Deliver, SendsOnceMoreWhatWasNotAcknowledged) {
  const auto world = world_with_receipts();
  ASSERT_THAT(world->deliver(), is_ok());
  World again;  // the same receipts, as after a lost answer
  const auto kept = world->vendor.receipts;
  EXPECT_EQ(world->deliver()->delivered, 0);
  EXPECT_EQ(world->vendor.receipts.size(), kept.size());
}

TEST(Deliver, BelievesOnlyTheServersKey) {
  const auto world = world_with_receipts();
  world->vendor.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->delivered, 0);
  EXPECT_EQ(result->kept, 4);
  EXPECT_EQ(result->failure->code, ErrorCode::signature);
}

/// As a server that was restored from a backup: it has only the first `left` receipts, and new ones take the places.
void lose_receipts(World& world, std::size_t left) {
  while (world.vendor.receipts.size() > left)
    world.vendor.receipts.erase(std::prev(world.vendor.receipts.end()));
}

void report_again(World& world, const std::string& detail) {
  Install install = world.open().value();
  const Target target = install.state().current()->target;
  ASSERT_THAT(install.save(install.state(), Report{InstallState::failed, target, detail}), is_ok());
}

TEST(Deliver, SendsAgainWhatARestoredServerHasLost) {
  const auto world = world_with_receipts();
  ASSERT_THAT(world->deliver(), is_ok());
  lose_receipts(*world, 1);
  report_again(*world, "later");
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->failure);
  EXPECT_EQ(result->sent_again, 3);
  EXPECT_EQ(result->delivered, 4);
  EXPECT_EQ(result->kept, 0);
  EXPECT_EQ(world->vendor.receipts.size(), 5U);
  EXPECT_EQ(world->store.counts()->acknowledged, 5);
}

TEST(Deliver, IsNotMadeToSendAgainForEver) {
  const auto world = world_with_receipts();
  ASSERT_THAT(world->deliver(), is_ok());
  report_again(*world, "later");
  world->vendor.always_missing = true;
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->sent_again, 4);
  EXPECT_EQ(result->kept, 0);
  EXPECT_EQ(world->vendor.receipts.size(), 5U);
}

struct Forgery {
  const char* name;
  std::function<void(Acknowledgement&)> forge;
};

class DeliverForgery : public ::testing::TestWithParam<Forgery> {};

TEST_P(DeliverForgery, IsNotBelieved) {
  const auto world = world_with_receipts();
  world->vendor.forge = GetParam().forge;
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->delivered, 0);
  EXPECT_EQ(result->kept, 4);
  EXPECT_EQ(result->failure->code, ErrorCode::integrity);
}

INSTANTIATE_TEST_SUITE_P(
    Table, DeliverForgery,
    ::testing::Values(
        Forgery{"Tenant", [](Acknowledgement& a) { a.tenant = TenantId::parse("other").value(); }},
        Forgery{"Install",
                [](Acknowledgement& a) { a.install = InstallId::parse("01JD0000000000000000000009").value(); }},
        Forgery{"Incarnation", [](Acknowledgement& a) { a.receipts[1].incarnation = std::string(32, '0'); }},
        Forgery{"Sequence", [](Acknowledgement& a) { a.receipts[3].sequence += 100; }},
        Forgery{"Digest", [](Acknowledgement& a) { a.receipts[2].receipt = sha256("another"); }},
        Forgery{"FirstLeftOut", [](Acknowledgement& a) { a.receipts.erase(a.receipts.begin()); }},
        Forgery{"MiddleLeftOut", [](Acknowledgement& a) { a.receipts.erase(a.receipts.begin() + 1); }},
        Forgery{"LastLeftOut", [](Acknowledgement& a) { a.receipts.pop_back(); }},
        Forgery{"OneAdded",
                [](Acknowledgement& a) {
                  a.receipts.push_back(a.receipts.back());
                  a.receipts.back().sequence += 1;
                  a.receipts.back().receipt = sha256("another");
                }},
        Forgery{"Swapped", [](Acknowledgement& a) { std::swap(a.receipts[0], a.receipts[1]); }},
        Forgery{"DigestsSwapped", [](Acknowledgement& a) { std::swap(a.receipts[0].receipt, a.receipts[1].receipt); }}),
    [](const auto& row) { return row.param.name; });

TEST(Deliver, RefusesOnePlaceForTwoEvents) {
  const auto world = world_with_receipts();
  world->vendor.forge = [](Acknowledgement& a) { a.receipts[2].recorded_time += seconds(1); };
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->delivered, 0);
  EXPECT_EQ(result->kept, 4);
  EXPECT_EQ(result->failure->code, ErrorCode::conflict);
}

TEST(Deliver, RefusesThePlaceOfAnEarlierEventForALaterOne) {
  const auto world = world_with_receipts();
  ASSERT_EQ(world->deliver()->delivered, 4);
  report_again(*world, "later");
  world->vendor.now += minutes(1);
  world->vendor.forge = [](Acknowledgement& a) { a.receipts[0].event_index = 1; };
  const auto result = world->deliver();
  EXPECT_EQ(result->delivered, 0);
  EXPECT_EQ(result->kept, 1);
  EXPECT_EQ(result->failure->code, ErrorCode::conflict);
}

TEST(Deliver, TakesInOtherGroupsWhatWasRecordedWhenTheAnswerWasLost) {
  const auto world = world_with_receipts();
  world->vendor.loses_answer_of = "/receipts";
  ASSERT_EQ(world->deliver()->kept, 4);
  world->vendor.loses_answer_of.clear();
  world->vendor.now += minutes(1);
  for (int i = 0; i < 150; ++i)
    report_again(*world, std::to_string(i));
  const auto result = world->deliver();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->failure);
  EXPECT_EQ(result->delivered, 154);
  std::map<std::int64_t, int> events;
  for (const auto& [place, kept] : world->vendor.receipts)
    ++events[kept.event_index];
  EXPECT_EQ(events, (std::map<std::int64_t, int>{{1, 4}, {2, 96}, {3, 54}}));
}

TEST(Deliver, TellsThatTheInstallIsHeld) {
  const auto world = world_with_receipts();
  world->vendor.held = true;
  EXPECT_TRUE(world->deliver()->held);
}

TEST(AfterFailure, DoublesUpToSixHours) {
  const Instant now = parse_instant("2026-01-01T00:00:00Z").value();
  constexpr std::uint16_t kMiddle = 32'768;
  EXPECT_EQ(*after_failure({0, {}}, now, {}, kMiddle).next_try, now + seconds(30));
  EXPECT_EQ(*after_failure({1, {}}, now, {}, kMiddle).next_try, now + seconds(60));
  EXPECT_EQ(*after_failure({5, {}}, now, {}, kMiddle).next_try, now + minutes(16));
  EXPECT_EQ(*after_failure({1000, {}}, now, {}, kMiddle).next_try, now + std::chrono::hours(6));
  EXPECT_EQ(after_failure({5, {}}, now, {}, kMiddle).failures, 6);
}

TEST(AfterFailure, SpreadsByAFifth) {
  const Instant now = parse_instant("2026-01-01T00:00:00Z").value();
  EXPECT_EQ(*after_failure({0, {}}, now, {}, 0).next_try, now + seconds(24));
  EXPECT_LE(*after_failure({0, {}}, now, {}, 65'535).next_try, now + seconds(36));
  EXPECT_EQ(*after_failure({0, {}}, now, minutes(10), 0).next_try, now + minutes(10));
}

}  // namespace
}  // namespace kip::updater
