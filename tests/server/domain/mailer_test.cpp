// How notices are handed over, with a mail server that answers as it is told.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/domain/notice_events.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/dsse/envelope.hpp>
#include <testing/temporary_directory.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const MailAnswer kAccepted{MailAnswer::Kind::accepted, 250, "2.0.0", "250 2.0.0 ok"};
const MailAnswer kBusy{MailAnswer::Kind::temporary, 451, "4.3.0", "451 4.3.0 later"};
const MailAnswer kNever{MailAnswer::Kind::permanent, 550, "5.1.1", "550 5.1.1 <...@b.example> unknown"};
const MailAnswer kNotPermitted{MailAnswer::Kind::permanent, 550, {}, "550 relay not permitted"};
const MailAnswer kNoRelaying{MailAnswer::Kind::policy, 554, "5.7.1", "554 5.7.1 <...@b.example> relay access denied"};
const MailAnswer kGone{MailAnswer::Kind::unavailable, 0, {}, "could not connect"};

/// One whose writers find the power gone where they are told to.
class BreakableStore final : public Store {
 public:
  explicit BreakableStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override {
    if (broken && access == Access::write) return fail(ErrorCode::storage, "the power is gone");
    return inner_->begin(tenant, access);
  }

  bool broken = false;

 private:
  std::unique_ptr<Store> inner_;
};

class MailerTest : public ::testing::Test {
 protected:
  explicit MailerTest(std::unique_ptr<Store> store = std::make_unique<MemoryStore>())
      : world(std::make_unique<BreakableStore>(std::move(store))) {
    mailer.emplace(world.mailer_ports(client), mailer_options());
    EXPECT_EQ(run(), MailRound{});
    EXPECT_THAT(world.registry.import_customers("staff:an", {world.customer("a@b.example")}, false), is_ok());
    world.register_act_and_commitments();  // one notice
  }

  MailRound run() {
    return mailer->run([] { return false; }).value();
  }
  /// As after a restart of the program.
  void restart(MailerOptions options = mailer_options()) {
    mailer.emplace(world.mailer_ports(client), std::move(options));
  }
  NoticeRecord record(std::size_t index = 0) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().notices.all().value().at(index);
  }
  std::size_t count(NoticeState state) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().notices.page({.state = state}, {}, 1000).value().size();
  }
  /// Notices that are queued, for as many customers as this.
  void queue_for(int customers) {
    run();
    more_customers(customers - 1);
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    client.recipients.clear();
  }
  /// One more notice for each of these customers.
  void more_customers(int count) {
    std::vector<Customer> customers;
    for (int i = 0; i < count; ++i) {
      customers.push_back(world.customer(fmt::format("c{}@b.example", i)));
      customers.back().tax_code = TaxCode::parse(fmt::format("C{}", i)).value();
    }
    ASSERT_THAT(world.registry.import_customers("staff:an", customers, false), is_ok());
  }

  World world;
  FakeMailClient client;
  std::optional<Mailer> mailer;
};

TEST_F(MailerTest, WhatIsTakenIsRecordedWithItsDigestAndWithoutTheAddress) {
  EXPECT_EQ(run(), (MailRound{1, 1, 0, 0}));
  const NoticeRecord sent = record();
  ASSERT_TRUE(sent.accepted);
  EXPECT_EQ(sent.state(), NoticeState::accepted);
  EXPECT_EQ(sent.accepted->message_id, sent.id.str() + "@anphat.example");
  EXPECT_EQ(sent.accepted->message_sha256, sha256(client.messages.at(0)));
  EXPECT_EQ(sent.accepted->recipient_domain, "b.example");
  EXPECT_EQ(sent.accepted->reply_code, 250);
  EXPECT_THAT(client.recipients, ElementsAre("a@b.example"));
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  for (const StoredEvent& event : unit->events().after(0, 1000).value()) {
    if (!event.type.starts_with("notice.")) continue;
    EXPECT_THAT(dsse::parse(event.envelope)->payload, Not(HasSubstr("a@b")));
  }
  EXPECT_THAT(json::to_compact(to_json(sent)), Not(HasSubstr("a@b")));
}

TEST_F(MailerTest, NothingIsSentTwiceWhateverIsRepeated) {
  run();
  restart();
  run();
  ASSERT_THAT(world.decisions.state_date("staff:an", {ActKey::parse("BTC:99/2025/TT-BTC:2025").value(),
                                                      {Trigger::act_signed, parse_date("2025-10-28").value(), "x"}}),
              is_ok());
  ASSERT_THAT(
      world.decisions.confirm_date("staff:binh", {ActKey::parse("BTC:99/2025/TT-BTC:2025").value(),
                                                  {Trigger::act_signed, parse_date("2025-10-28").value(), "y"}}),
      is_ok());
  EXPECT_EQ(run(), MailRound{});
  EXPECT_EQ(client.messages.size(), 1U);
}

TEST_F(MailerTest, NothingIsQueuedWhereNothingIsSwitchedOn) {
  World other;
  Mailer off({*other.store, other.recorder, other.board, client, other.log},
             {.sender = mailer_options().sender, .kinds = {}});
  ASSERT_THAT(other.registry.import_customers("staff:an", {other.customer("a@b.example")}, false), is_ok());
  other.register_act_and_commitments();
  EXPECT_EQ(off.run([] { return false; }).value(), MailRound{});
  EXPECT_THAT(client.messages, IsEmpty());
}

TEST_F(MailerTest, SwitchingOnTellsNothingOfBefore) {
  World other;
  ASSERT_THAT(other.registry.import_customers("staff:an", {other.customer("a@b.example")}, false), is_ok());
  other.register_act_and_commitments();
  Mailer on({*other.store, other.recorder, other.board, client, other.log}, mailer_options());
  EXPECT_EQ(on.run([] { return false; }).value(), MailRound{});
  ASSERT_THAT(other.publish({"1.0"}), is_ok());
  EXPECT_EQ(on.run([] { return false; }).value(), (MailRound{1, 1, 0, 0}));
  EXPECT_THAT(client.messages.at(0), HasSubstr("Subject: forms 1.0 has been published"));
}

TEST_F(MailerTest, AKindThatIsSwitchedOffIsSentNoMore) {
  run();
  MailerOptions options = mailer_options();
  options.kinds.erase(NoticeKind::update_ready);
  restart(options);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_EQ(run(), MailRound{});
}

TEST_F(MailerTest, AKindThatIsSwitchedOnLaterBeginsThereAndTheOthersGoOn) {
  MailerOptions options = mailer_options();
  options.kinds.erase(NoticeKind::update_ready);
  restart(options);
  EXPECT_EQ(run(), (MailRound{1, 1, 0, 0})) << "the act";
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_EQ(run(), MailRound{});
  // While the program is down: a release of before the switch, and something of a kind that has been on throughout.
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
  const TestInstall install = world.enrol();
  ASSERT_THAT(
      world.receipts.take(world.caller(install),
                          {world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"))}),
      is_ok());
  world.clock.advance(std::chrono::minutes(1));
  restart();
  EXPECT_EQ(run(), (MailRound{1, 1, 0, 0})) << "the receipt, and nothing of the releases";
  EXPECT_EQ(record(1).notice.kind(), NoticeKind::applied);
  world.clock.advance(std::chrono::minutes(1));
  ASSERT_THAT(world.publish({"1.0", "1.1", "1.2"}), is_ok());
  EXPECT_EQ(run(), (MailRound{1, 1, 0, 0}));
  EXPECT_EQ(record(2).notice.subject(), "1.2");
  restart();
  EXPECT_EQ(run(), MailRound{});
}

TEST_F(MailerTest, WhatHappenedWhileTheProgramWasDownIsToldLater) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  restart();
  EXPECT_EQ(run(), (MailRound{2, 2, 0, 0}));
}

TEST_F(MailerTest, WhatIsDaysOldIsNotToldAnyMore) {
  world.clock.advance(std::chrono::hours(121));
  EXPECT_EQ(run(), MailRound{});
}

TEST_F(MailerTest, ARefusalBouncesAtOnce) {
  client.answers = {kNever};
  EXPECT_EQ(run(), (MailRound{1, 0, 1, 0}));
  const NoticeRecord sent = record();
  EXPECT_EQ(sent.bounced, (Bounce{world.clock.now(), BounceReason::refused, "5.1.1", 550, "server"}));
  EXPECT_EQ(run(), MailRound{});
  EXPECT_EQ(client.messages.size(), 1U);
}

TEST_F(MailerTest, WhatCannotBeTakenNowIsTriedAgainLaterAndLater) {
  client.answers.assign(100, kBusy);
  EXPECT_EQ(run(), (MailRound{1, 0, 0, 1}));
  std::vector<std::chrono::minutes> waits;
  auto last = world.clock.now();
  for (int minute = 0; minute < 24 * 60; ++minute) {
    world.clock.advance(std::chrono::minutes(1));
    if (run().postponed == 0) continue;
    waits.push_back(std::chrono::duration_cast<std::chrono::minutes>(world.clock.now() - last));
    last = world.clock.now();
  }
  ASSERT_GE(waits.size(), 6U);
  ASSERT_LE(waits.size(), 10U);
  const std::chrono::minutes first(5);
  std::chrono::minutes wanted = first;
  for (const auto wait : waits) {
    EXPECT_GE(wait * 5, wanted * 4 - first);
    EXPECT_LE(wait * 5, wanted * 6 + first);
    wanted = std::min<std::chrono::minutes>(wanted * 2, std::chrono::hours(6));
  }
  client.answers.clear();
  world.clock.advance(std::chrono::hours(8));
  EXPECT_EQ(run(), (MailRound{0, 1, 0, 0}));
}

TEST_F(MailerTest, ARetryIsTheSameMailToTheLetter) {
  client.answers = {kBusy};
  run();
  world.clock.advance(std::chrono::hours(1));
  restart();
  run();
  ASSERT_EQ(client.messages.size(), 2U);
  EXPECT_EQ(client.messages[0], client.messages[1]);
}

TEST_F(MailerTest, AfterACrashBeforeTheRecordTheSameMailGoesAgain) {
  auto& store = dynamic_cast<BreakableStore&>(*world.store);
  run();
  world.clock.advance(std::chrono::minutes(1));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  client.messages.clear();
  client.message_ids.clear();
  client.after_send = [&store] { store.broken = true; };
  EXPECT_THAT(mailer->run([] { return false; }), fails_with(ErrorCode::storage, "the power is gone"));
  client.after_send = nullptr;
  store.broken = false;
  world.clock.advance(std::chrono::hours(1));
  restart();
  EXPECT_EQ(run(), (MailRound{0, 1, 0, 0}));
  ASSERT_EQ(client.messages.size(), 2U);
  EXPECT_EQ(client.messages[0], client.messages[1]);
  EXPECT_EQ(record(1).accepted->message_id, client.message_ids[0]) << "a report about the first finds it as well";
}

TEST_F(MailerTest, AfterFiveDaysItIsGivenUp) {
  client.answers = {kBusy, kBusy};
  run();
  world.clock.advance(std::chrono::hours(120));
  EXPECT_EQ(run(), (MailRound{0, 0, 0, 0, 1}));
  EXPECT_EQ(record().bounced, (Bounce{world.clock.now(), BounceReason::gave_up, "4.3.0", 451, "server"}));
  EXPECT_EQ(record().state(), NoticeState::given_up);
}

TEST_F(MailerTest, WhereTheRelayIsAwayForDaysAllThatIsOldIsGivenUpAtOnceAndShownAsSuch) {
  queue_for(4);
  client.answers.assign(9, kGone);
  EXPECT_EQ(run(), (MailRound{4, 0, 0, 1}));
  world.clock.advance(std::chrono::hours(119));
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
  EXPECT_EQ(run(), (MailRound{4, 0, 0, 1}));
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(run(), (MailRound{0, 0, 0, 0, 4}));
  EXPECT_EQ(count(NoticeState::given_up), 4U);
  EXPECT_EQ(count(NoticeState::bounced), 0U);
  EXPECT_EQ(count(NoticeState::queued), 4U) << "what is younger is kept";
  EXPECT_EQ(client.recipients.size(), 3U) << "the relay is still asked once per round";
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("notices.given_up")));
}

TEST_F(MailerTest, WhatIsOldGoesItsWayWhereTheRelayIsThere) {
  queue_for(4);
  client.answers = {kGone};
  run();
  world.clock.advance(std::chrono::hours(130));
  EXPECT_EQ(run(), (MailRound{0, 4, 0, 0}));
}

TEST_F(MailerTest, ARelayWhoseRulesForbidEverythingBouncesNothing) {
  queue_for(5);
  client.answers.assign(9, kNoRelaying);
  EXPECT_EQ(run(), (MailRound{5, 0, 0, 1}));
  EXPECT_EQ(run(), MailRound{}) << "it is left alone for a minute or so";
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(run(), (MailRound{0, 0, 0, 1}));
  EXPECT_NE(client.recipients.at(0), client.recipients.at(1)) << "another one is tried";
  EXPECT_EQ(count(NoticeState::bounced), 0U);
  client.answers.clear();
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(run(), (MailRound{0, 5, 0, 0}));
}

TEST_F(MailerTest, ARuleAgainstOneMailPutsOffThatOne) {
  queue_for(4);
  client.answers = {kAccepted, kNoRelaying};
  EXPECT_EQ(run(), (MailRound{4, 3, 0, 1}));
  EXPECT_EQ(count(NoticeState::bounced), 0U);
}

TEST_F(MailerTest, ARuleThatStaysIsGivenUpWithItsReason) {
  client.answers.assign(2, kNoRelaying);
  run();
  world.clock.advance(std::chrono::hours(120));
  EXPECT_EQ(run(), (MailRound{0, 0, 0, 0, 1}));
  EXPECT_EQ(record().bounced, (Bounce{world.clock.now(), BounceReason::gave_up, "5.7.1", 554, "server"}));
}

TEST_F(MailerTest, ARelayThatRefusesEverybodyBouncesNobody) {
  queue_for(8);
  client.answers.assign(3, kNever);
  EXPECT_EQ(run(), (MailRound{8, 0, 0, 3})) << "three are enough to see it";
  EXPECT_EQ(count(NoticeState::bounced), 0U);
  EXPECT_EQ(run(), MailRound{});
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("mail_server.refuses_everybody")));
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(run(), (MailRound{0, 8, 0, 0})) << "mended: all have it";
}

TEST_F(MailerTest, RefusalsAreBelievedOfARelayThatTakesTheMailOfOthers) {
  queue_for(5);
  client.answers = {kNever, kNever, kAccepted, kNever, kNever};
  EXPECT_EQ(run(), (MailRound{5, 1, 4, 0}));
  EXPECT_EQ(count(NoticeState::bounced), 4U);
}

TEST_F(MailerTest, TheSecondRefusalIsBelievedWhereOthersWereTakenBetween) {
  queue_for(5);
  client.answers = {kNever, kNever, kNever};
  EXPECT_EQ(run(), (MailRound{5, 0, 0, 3}));
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(run(), (MailRound{0, 2, 0, 0}));
  world.clock.advance(std::chrono::hours(1));
  client.answers = {kNever, kNever, kNever};
  EXPECT_EQ(run(), (MailRound{0, 0, 3, 0}));
}

TEST_F(MailerTest, ARefusalThatDoesNotSpeakOfTheRecipientIsBelievedOnceOthersWereTaken) {
  client.answers = {kNotPermitted};
  EXPECT_EQ(run(), (MailRound{1, 0, 0, 1}));
  world.clock.advance(std::chrono::minutes(1));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_EQ(run(), (MailRound{1, 1, 0, 0})) << "another one is taken meanwhile";
  world.clock.advance(std::chrono::hours(1));
  client.answers = {kNotPermitted};
  EXPECT_EQ(run(), (MailRound{0, 0, 1, 0}));
  EXPECT_EQ(record().bounced, (Bounce{world.clock.now(), BounceReason::refused, {}, 550, "server"}));
}

TEST_F(MailerTest, ARelayThatRefusesTheOnlyMailWithoutAReasonBouncesNothing) {
  for (const char* status : {"", "5.0.0", "5.1.7", "5.1.8", "5.5.1"}) {
    client.answers = {{MailAnswer::Kind::permanent, 550, status, "550 no"}};
    EXPECT_EQ(run().postponed, 1) << status;
    world.clock.advance(std::chrono::hours(8));
  }
  EXPECT_EQ(run(), (MailRound{0, 1, 0, 0})) << "mended";
}

TEST_F(MailerTest, ARefusalOfTheMailboxBouncesTheOnlyMail) {
  client.answers = {{MailAnswer::Kind::permanent, 550, "5.2.1", "550 5.2.1 disabled"}};
  EXPECT_EQ(run(), (MailRound{1, 0, 1, 0}));
}

TEST_F(MailerTest, ManyNoticesToOneBadAddressAreNoSignOfABadRelay) {
  run();
  for (const auto& versions :
       {std::vector<std::string>{"1.0"}, {"1.0", "1.1"}, {"1.0", "1.1", "1.2"}, {"1.0", "1.1", "1.2", "1.3"}})
    ASSERT_THAT(world.publish(versions), is_ok());
  client.answers.assign(4, kNever);
  EXPECT_EQ(run(), (MailRound{4, 0, 4, 0}));
}

TEST_F(MailerTest, AServerThatCannotBeSpokenToIsAskedOncePerRound) {
  run();
  more_customers(3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  client.messages.clear();
  client.answers.assign(9, kGone);
  EXPECT_EQ(run(), (MailRound{4, 0, 0, 1}));
  EXPECT_EQ(run(), MailRound{}) << "it is left alone for a minute or so";
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(run(), (MailRound{0, 0, 0, 1}));
  EXPECT_EQ(client.messages.size(), 2U);
  client.answers.clear();
  world.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(run(), (MailRound{0, 4, 0, 0}));
}

TEST_F(MailerTest, OneThatIsPutOffDoesNotHoldUpTheOthers) {
  run();
  more_customers(3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  client.answers = {kBusy};
  EXPECT_EQ(run(), (MailRound{4, 3, 0, 1}));
}

TEST_F(MailerTest, ARoundIsBounded) {
  run();
  more_customers(5);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  MailerOptions options = mailer_options();
  options.per_round = 2;
  restart(options);
  EXPECT_EQ(run(), (MailRound{6, 2, 0, 0}));
  EXPECT_EQ(run(), (MailRound{0, 2, 0, 0}));
  EXPECT_EQ(run(), (MailRound{0, 2, 0, 0}));
  EXPECT_EQ(run(), MailRound{});
}

TEST_F(MailerTest, ACustomerWithoutAUsableAddressIsShownAsSuch) {
  ASSERT_THAT(world.registry.import_customers("staff:an", {world.customer("kế toán")}, false), is_ok());
  EXPECT_EQ(run(), (MailRound{1, 0, 1, 0}));
  EXPECT_EQ(record().bounced->reason, BounceReason::no_address);
  EXPECT_THAT(client.messages, IsEmpty());
}

TEST_F(MailerTest, StoppingEndsARoundWithEverythingRecorded) {
  run();
  more_customers(3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  bool stop = false;
  client.after_send = [&stop, this] { stop = client.messages.size() == 2; };
  EXPECT_EQ(mailer->run([&stop] { return stop; }).value(), (MailRound{4, 1, 0, 0}));
  client.after_send = nullptr;
  restart();
  EXPECT_EQ(run(), (MailRound{0, 3, 0, 0}));
}

TEST_F(MailerTest, WhatWasInterruptedByTheStopIsNoFailure) {
  bool stop = false;
  client.answers = {kGone};
  client.after_send = [&stop] { stop = true; };
  EXPECT_EQ(mailer->run([&stop] { return stop; }).value(), (MailRound{1, 0, 0, 0}));
  EXPECT_THAT(world.log.lines(), IsEmpty());
  EXPECT_EQ(run(), (MailRound{0, 1, 0, 0}));
}

TEST_F(MailerTest, TheStoreIsFreeWhileTheMailServerIsSpokenTo) {
  client.after_send = [this] {
    EXPECT_THAT(world.registry.import_customers("staff:an", {world.customer("new@b.example")}, false), is_ok());
  };
  EXPECT_EQ(run().accepted, 1);
}

/// A base, so that it is there before the store and goes after it.
struct Folder {
  kip::testing::TemporaryDirectory directory;
};

class SqliteMailerTest : private Folder, public MailerTest {
 protected:
  SqliteMailerTest() : MailerTest(SqliteStore::open(directory.path() / "kip.db").value()) {}
};

TEST_F(SqliteMailerTest, ARoundGoesAsInMemory) {
  client.answers = {kBusy};
  EXPECT_EQ(run(), (MailRound{1, 0, 0, 1}));
  restart();
  EXPECT_EQ(run(), (MailRound{0, 1, 0, 0}));
  EXPECT_EQ(record().state(), NoticeState::accepted);
}

}  // namespace
}  // namespace kip::server::testing
