#include <fstream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <client-updater/state/migrations.hpp>
#include <client-updater/state/sqlite_state_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

#include "memory_state_store.hpp"

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

Target target(std::string_view version) {
  return {Version::parse(version).value(), sha256(version)};
}

Instant at(std::string_view text) {
  return parse_instant(text).value();
}

/// A state in which nothing has its default value.
State full_state() {
  const Instant then = at("2026-01-01T00:00:00.123Z");
  State state;
  state.enrolment = Enrolment{.code = sha256("code"),
                              .url = "https://example.vn/kip",
                              .tenant = TenantId::parse("an-phat").value(),
                              .product = ProductId::parse("forms").value(),
                              .root = sha256("root"),
                              .log_key = Bytes("\0\x01key", 5),
                              .install = InstallId::parse("01JD0000000000000000000001").value(),
                              .incarnation = "00112233445566778899aabbccddeeff",
                              .customer = "Công ty Đông Á",
                              .label = "PC1",
                              .enrolled_at = then};
  state.policy = {Version::parse("1.0").value(), {{"0.9", "wrong formula"}}};
  state.versions = {{target("1.0"), then, then, false}, {target("1.1"), at("2026-02-01T00:00:00Z"), {}, true}};
  state.attempt = {.move = Move::rollback,
                   .target = target("1.0"),
                   .from = target("1.1"),
                   .phase = Phase::applying,
                   .failure = ReportedFailure{InstallState::rejected, "why"}};
  state.skipped = target("1.1");
  state.last_check = then;
  state.delivery = {3, at("2026-03-01T00:00:00Z")};
  state.deferral = Deferral{Version::parse("1.2").value(), at("2026-04-01T00:00:00Z"), "closing the year"};
  state.waiting = WaitingVersion{Version::parse("1.2").value(), Waiting::filing_day};
  state.postponement = Postponement{false, true, at("2026-05-01T00:00:00Z")};
  state.databases = {{"ledger", "/srv/sổ.sqlite", then, DatabaseMake::sqlite},
                     {"ledger", "/etc/x.odbc", then, DatabaseMake::odbc}};
  state.log_heads = {{{"vendor.test/log/o", 12, sha256("root")}, Bytes("signed\n\nnote"), then},
                     {{"vendor.test/log/o2", 0, sha256("")}, "other", at("2026-06-01T00:00:00Z")}};
  state.log_conflicts = {{LogFault::shrunk, "vendor.test/log/o", "earlier", "later", then},
                         {LogFault::forked, "vendor.test/log/o", "earlier", "other", then}};
  state.basis = sha256("token");
  return state;
}

OutboxEntry receipt(std::int64_t sequence, std::string_view envelope = "envelope") {
  return {"00112233445566778899aabbccddeeff", sequence, sha256(envelope), Bytes(envelope)};
}

AcknowledgedReceipt placed(std::int64_t sequence, std::int64_t event_index,
                           std::string_view time = "2026-01-01T00:00:00Z") {
  return {"00112233445566778899aabbccddeeff", sequence, sha256("envelope"), event_index, at(time)};
}

Acknowledgement word_on(std::vector<AcknowledgedReceipt> receipts) {
  return {TenantId::parse("an-phat").value(), InstallId::parse("01JD0000000000000000000001").value(),
          std::move(receipts)};
}

struct SqliteBackend {
  testing::TemporaryDirectory folder;
  std::unique_ptr<StateStore> store = open();

  std::unique_ptr<StateStore> open() { return SqliteStateStore::open(folder.path() / "updater.sqlite").value(); }
  void reopen() {
    store.reset();
    store = open();
  }
};

struct MemoryBackend {
  std::unique_ptr<StateStore> store = std::make_unique<MemoryStateStore>();
  void reopen() {}
};

template <class Backend>
class StateStoreSuite : public ::testing::Test {
 protected:
  Backend backend;
  StateStore& store() { return *backend.store; }
};

using Backends = ::testing::Types<SqliteBackend, MemoryBackend>;
TYPED_TEST_SUITE(StateStoreSuite, Backends);

TYPED_TEST(StateStoreSuite, IsEmptyAtFirst) {
  const auto state = this->store().load();
  ASSERT_THAT(state, is_ok());
  EXPECT_EQ(*state, State{});
  EXPECT_EQ(this->store().counts()->pending, 0);
  EXPECT_EQ(this->store().head("00112233445566778899aabbccddeeff")->sequence, 0);
}

TYPED_TEST(StateStoreSuite, GivesBackWhatWasSavedAfterReopening) {
  ASSERT_THAT(this->store().save(full_state(), {}), is_ok());
  this->backend.reopen();
  const auto state = this->store().load();
  ASSERT_THAT(state, is_ok());
  EXPECT_EQ(*state, full_state());
}

TYPED_TEST(StateStoreSuite, ForgetsWhatIsNoLongerInTheState) {
  ASSERT_THAT(this->store().save(full_state(), {}), is_ok());
  State less = full_state();
  less.versions.pop_back();
  less.attempt.failure.reset();
  less.skipped.reset();
  less.delivery = {};
  less.log_heads.pop_back();
  less.log_conflicts.clear();
  less.basis.reset();
  ASSERT_THAT(this->store().save(less, {}), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().load(), less);
}

TYPED_TEST(StateStoreSuite, NeverLowersTheFloorNorForgetsARevocation) {
  ASSERT_THAT(this->store().save(full_state(), {}), is_ok());
  State lower = full_state();
  lower.policy = {Version::parse("0.5").value(), {}};
  ASSERT_THAT(this->store().save(lower, {}), is_ok());
  lower.policy = {};
  ASSERT_THAT(this->store().save(lower, {}), is_ok());
  this->backend.reopen();
  EXPECT_EQ(this->store().load()->policy, full_state().policy);
}

TYPED_TEST(StateStoreSuite, KeepsReceiptsInTheirOrder) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b")}), is_ok());
  ASSERT_THAT(this->store().save(full_state(), {receipt(3, "c")}), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().pending(2), (std::vector{receipt(1, "a"), receipt(2, "b")}));
  EXPECT_EQ(this->store().pending(100)->size(), 3U);
  const auto head = this->store().head("00112233445566778899aabbccddeeff");
  EXPECT_EQ(head->sequence, 3);
  EXPECT_EQ(head->digest, sha256("c"));
}

TYPED_TEST(StateStoreSuite, RefusesASecondReceiptInOnePlaceAndTheStateWithIt) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a")}), is_ok());
  State other = full_state();
  other.skipped.reset();
  EXPECT_THAT(this->store().save(other, {receipt(1, "b")}), fails_with(ErrorCode::conflict));
  EXPECT_EQ(*this->store().load(), full_state());
}

TYPED_TEST(StateStoreSuite, TakesAcknowledgedReceiptsOutOfTheOutbox) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b")}), is_ok());
  ASSERT_THAT(this->store().acknowledge(word_on({placed(1, 17)}), "signed word"), is_ok());
  EXPECT_THAT(this->store().acknowledge(word_on({placed(1, 17)}), "signed word"), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().pending(100), std::vector{receipt(2, "b")});
  EXPECT_EQ(this->store().counts()->pending, 1);
  EXPECT_EQ(this->store().counts()->acknowledged, 1);
  EXPECT_EQ(this->store().head("00112233445566778899aabbccddeeff")->sequence, 2);
}

TYPED_TEST(StateStoreSuite, FindsAReceiptByItsPlace) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b")}), is_ok());
  this->backend.reopen();
  const std::string incarnation = full_state().enrolment->incarnation;
  EXPECT_EQ(*this->store().receipt_at(incarnation, 2), sha256("b"));
  EXPECT_EQ(*this->store().receipt_at(incarnation, 3), std::nullopt);
  EXPECT_EQ(*this->store().receipt_at("ffffffffffffffffffffffffffffffff", 2), std::nullopt);
}

TYPED_TEST(StateStoreSuite, HasOnlyThePresentIncarnationInTheOutbox) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b")}), is_ok());
  ASSERT_THAT(this->store().acknowledge(word_on({placed(1, 17)}), "signed word"), is_ok());
  State next = full_state();
  next.enrolment->incarnation = "ffffffffffffffffffffffffffffffff";
  OutboxEntry anew = receipt(1, "b again");
  anew.incarnation = next.enrolment->incarnation;
  ASSERT_THAT(this->store().save(next, {anew}), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().pending(100), std::vector{anew});
  EXPECT_EQ(this->store().counts()->pending, 1);
  EXPECT_EQ(this->store().counts()->acknowledged, 1);
  EXPECT_EQ(*this->store().receipt_at("00112233445566778899aabbccddeeff", 2), sha256("b")) << "it is kept";
}

TYPED_TEST(StateStoreSuite, PutsBackIntoTheOutboxWhatIsToBeSentAgain) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b"), receipt(3, "c")}), is_ok());
  for (const std::int64_t sequence : {1, 2, 3})
    ASSERT_THAT(this->store().acknowledge(word_on({placed(sequence, 16 + sequence)}), "signed word"), is_ok());
  const std::string incarnation = full_state().enrolment->incarnation;
  EXPECT_EQ(this->store().send_again(incarnation, 2, 3).value(), 1);
  EXPECT_EQ(this->store().send_again("ffffffffffffffffffffffffffffffff", 1, 3).value(), 0);
  this->backend.reopen();
  EXPECT_EQ(*this->store().pending(100), std::vector{receipt(2, "b")});
  EXPECT_EQ(this->store().counts()->acknowledged, 2);
  EXPECT_THAT(this->store().acknowledge(word_on({placed(2, 40)}), "signed word"), is_ok())
      << "it has another place now";
}

TYPED_TEST(StateStoreSuite, TakesAnAcknowledgementAsAWhole) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b"), receipt(3, "c")}), is_ok());
  EXPECT_EQ(this->store().acknowledge(word_on({placed(1, 17), placed(2, 17)}), "first").value(), 2);
  EXPECT_EQ(this->store().acknowledge(word_on({placed(2, 17), placed(3, 18)}), "second").value(), 1);
  EXPECT_EQ(this->store().acknowledge(word_on({placed(1, 17), placed(2, 17)}), "first").value(), 0);
  EXPECT_EQ(this->store().counts()->acknowledged, 3);
  ASSERT_THAT(this->store().save(full_state(), {receipt(4, "d")}), is_ok());
  EXPECT_THAT(this->store().acknowledge(word_on({placed(4, 19), placed(9, 19)}), "third"),
              fails_with(ErrorCode::not_found));
  this->backend.reopen();
  EXPECT_EQ(this->store().counts()->pending, 1);
}

TYPED_TEST(StateStoreSuite, RefusesTwoEventsInOnePlaceOfTheLog) {
  ASSERT_THAT(this->store().save(full_state(), {receipt(1, "a"), receipt(2, "b"), receipt(3, "c")}), is_ok());
  ASSERT_THAT(this->store().acknowledge(word_on({placed(1, 17)}), "first"), is_ok());
  const AcknowledgedReceipt later = placed(2, 17, "2026-01-01T00:00:00.001Z");
  EXPECT_THAT(this->store().acknowledge(word_on({later}), "second"), fails_with(ErrorCode::conflict));
  EXPECT_THAT(this->store().acknowledge(word_on({placed(3, 18), later}), "second"), fails_with(ErrorCode::conflict));
  EXPECT_EQ(this->store().counts()->pending, 2);
  // One event can be told of in two words, where receipts came again in other groups.
  EXPECT_THAT(this->store().acknowledge(word_on({placed(2, 17)}), "second"), is_ok());
  OutboxEntry anew = receipt(1, "anew");
  anew.incarnation = std::string(32, 'f');
  ASSERT_THAT(this->store().save(full_state(), {anew}), is_ok());
  AcknowledgedReceipt other = placed(1, 17);
  other.incarnation = anew.incarnation;
  EXPECT_THAT(this->store().acknowledge(word_on({other}), "third"), fails_with(ErrorCode::conflict));
  other.event_index = 19;
  EXPECT_THAT(this->store().acknowledge(word_on({other}), "third"), is_ok());
}

TYPED_TEST(StateStoreSuite, RefusesMoreReceiptsInOnePlaceThanAnEventHolds) {
  std::vector<OutboxEntry> receipts;
  for (std::int64_t i = 1; i <= 101; ++i)
    receipts.push_back(receipt(i));
  ASSERT_THAT(this->store().save(full_state(), receipts), is_ok());
  std::vector<AcknowledgedReceipt> places;
  for (std::int64_t i = 1; i <= 100; ++i)
    places.push_back(placed(i, 17));
  ASSERT_THAT(this->store().acknowledge(word_on(places), "first"), is_ok());
  EXPECT_THAT(this->store().acknowledge(word_on({placed(101, 17)}), "second"), fails_with(ErrorCode::conflict));
}

KeptRequest kept_request(int number) {
  return {RequestId::parse("01JD000000000000000000000" + std::to_string(number)).value(),
          ServiceKind::failed_update,
          2,
          at("2026-01-01T00:00:00.123Z"),
          Version::parse("1.1").value(),
          sha256("envelope"),
          Bytes("\0envelope", 9),
          {},
          "why"};
}

TYPED_TEST(StateStoreSuite, KeepsRequestsForServiceInTheirOrder) {
  KeptRequest second = kept_request(2);
  second.failed.reset();
  ASSERT_THAT(this->store().put_request(second), is_ok());
  ASSERT_THAT(this->store().put_request(kept_request(1)), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().requests(), (std::vector{kept_request(1), second}));
  second.answer =
      RequestAnswer{7,     at("2026-01-02T00:00:00Z"), at("2026-01-03T00:00:00Z"), at("2026-01-04T00:00:00Z"),
                    false, Bytes("\0signed", 7)};
  second.refusal.clear();
  ASSERT_THAT(this->store().put_request(second), is_ok());
  ASSERT_THAT(this->store().forget_request(kept_request(1).id), is_ok());
  ASSERT_THAT(this->store().forget_request(kept_request(1).id), is_ok());
  this->backend.reopen();
  EXPECT_EQ(*this->store().requests(), std::vector{second});
  ASSERT_THAT(this->store().save(full_state(), {}), is_ok());
  EXPECT_EQ(*this->store().requests(), std::vector{second}) << "saving the state leaves them alone";
}

TEST(SqliteStateStore, RefusesAFileThatIsNoDatabase) {
  const testing::TemporaryDirectory folder;
  std::ofstream(folder.path() / "updater.sqlite") << std::string(5000, 'x');
  EXPECT_THAT(SqliteStateStore::open(folder.path() / "updater.sqlite"), fails_with(ErrorCode::storage, "damaged"));
}

/// A state in a file that a later program has changed.
class LaterForm : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = SqliteStateStore::open(file);
    ASSERT_THAT(store, is_ok());
    ASSERT_THAT((*store)->save(full_state(), {receipt(1)}), is_ok());
  }
  void change(std::string_view statements) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    database.exec(std::string(statements));
  }

  testing::TemporaryDirectory folder;
  std::filesystem::path file = folder.path() / "updater.sqlite";
};

TEST_F(LaterForm, IsReadAndWrittenWhereItAllowsThat) {
  std::string later = "CREATE TABLE more (x);";
  for (const char* const table : {"enrolment", "floor", "revocation", "version", "attempt", "memory", "receipt",
                                  "downgrade", "customer_database", "deferral", "waiting", "postponement"})
    later += fmt::format("ALTER TABLE {} ADD COLUMN more INTEGER NOT NULL DEFAULT 7;", table);
  change(later + "PRAGMA user_version = 1000");
  const auto store = SqliteStateStore::open(file);
  ASSERT_THAT(store, is_ok());
  EXPECT_EQ((*store)->load().value(), full_state());
  State next = full_state();
  next.delivery.failures = 9;
  ASSERT_THAT((*store)->save(next, {receipt(2)}), is_ok());
  EXPECT_EQ((*store)->load().value(), next);
  EXPECT_EQ((*store)->counts()->pending, 2);
}

TEST_F(LaterForm, IsRefusedWhereItDoesNotAllowThat) {
  change("UPDATE form SET oldest_reader = 1000; PRAGMA user_version = 1000");
  EXPECT_THAT(SqliteStateStore::open(file), fails_with(ErrorCode::conflict, "written by a later version"));
}

TEST_F(LaterForm, OfAnUnknownKindIsRefused) {
  change("DROP TABLE form; PRAGMA user_version = 1000");
  EXPECT_THAT(SqliteStateStore::open(file), fails_with(ErrorCode::conflict, "written by a later version"));
}

/// A state as it was when each receipt had an acknowledgement of its own.
TEST(SqliteStateStore, KeepsEarlierAcknowledgements) {
  const testing::TemporaryDirectory folder;
  const auto file = folder.path() / "updater.sqlite";
  {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const Migration& migration : migrations().first(11))
      database.exec(std::string(migration.text));
    database.exec(
        "INSERT INTO receipt VALUES ('00112233445566778899aabbccddeeff', 1, 'd1', x'01', 17, x'aa'), "
        "('00112233445566778899aabbccddeeff', 2, 'd2', x'02', 40, x'bb'), "
        "('00112233445566778899aabbccddeeff', 3, 'd3', x'03', NULL, NULL);"
        "INSERT INTO lost_acknowledgement VALUES ('00112233445566778899aabbccddeeff', 2, 18, x'cc');"
        "PRAGMA user_version = 11");
  }
  const auto store = SqliteStateStore::open(file);
  ASSERT_THAT(store, is_ok());
  EXPECT_EQ((*store)->counts()->acknowledged, 2);
  EXPECT_THAT((*store)->acknowledge(word_on({placed(3, 17)}), "word"), fails_with(ErrorCode::conflict));
  EXPECT_EQ((*store)->acknowledge(word_on({placed(1, 17), placed(3, 41)}), "word").value(), 1);
  EXPECT_EQ((*store)->send_again("00112233445566778899aabbccddeeff", 1, 2).value(), 1);
  SQLite::Database database(file.string());
  const auto words = [&](const std::string& table) {
    return database
        .execAndGet(
            "SELECT group_concat(sequence || ' ' || event_index || ' ' || word, ', ') FROM (SELECT sequence, "
            "event_index, hex(a.envelope) AS word FROM " +
            table + " JOIN acknowledgement AS a ON a.number = acknowledgement ORDER BY sequence)")
        .getString();
  };
  EXPECT_EQ(words("receipt"), "2 40 BB, 3 41 776F7264");
  EXPECT_EQ(words("lost_acknowledgement"), "1 17 AA, 2 18 CC");
}

TEST_F(LaterForm, CanBeTriedOnACopy) {
  const auto store = SqliteStateStore::open(file);
  ASSERT_THAT(store, is_ok());
  const auto copy = folder.path() / "copy's.sqlite";
  ASSERT_THAT((*store)->copy(copy), is_ok());
  EXPECT_EQ(SqliteStateStore::open(copy).value()->load().value(), full_state());
  EXPECT_THAT((*store)->copy(copy), fails_with(ErrorCode::storage));
}

TEST(SqliteStateStore, SaysWhichFileItCannotOpen) {
  EXPECT_THAT(SqliteStateStore::open("/nowhere/updater.sqlite"),
              fails_with(ErrorCode::storage, "/nowhere/updater.sqlite"));
}

}  // namespace
}  // namespace kip::updater
