// What every store promises, tried on each of them.

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/storage/memory_store.hpp>
#include <server/storage/postgres/postgres_store.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/crypto/password_hash.hpp>
#include <signing/crypto/private_key.hpp>
#include <signing/crypto/sha256.hpp>
#include <testing/matchers.hpp>
#include <testing/postgres_database.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Store& store() = 0;
  /// Ends the store and opens it again where it outlives its process; else nothing.
  virtual bool reopen() { return false; }
};

class MemoryBackend final : public Backend {
 public:
  Store& store() override { return store_; }

 private:
  MemoryStore store_;
};

class SqliteBackend final : public Backend {
 public:
  Store& store() override { return *store_; }
  bool reopen() override {
    store_.reset();
    store_ = SqliteStore::open(path()).value();
    return true;
  }

 private:
  std::filesystem::path path() const { return folder_.path() / "kip.db"; }

  kip::testing::TemporaryDirectory folder_;
  std::unique_ptr<SqliteStore> store_ = SqliteStore::open(path()).value();
};

class PostgresBackend final : public Backend {
 public:
  explicit PostgresBackend(std::unique_ptr<kip::testing::PostgresDatabase> database)
      : database_(std::move(database)), store_(PostgresStore::create(database_->options()).value()) {}

  Store& store() override { return *store_; }
  bool reopen() override {
    store_.reset();
    store_ = PostgresStore::open(database_->options()).value();
    return true;
  }

 private:
  std::unique_ptr<kip::testing::PostgresDatabase> database_;
  std::unique_ptr<PostgresStore> store_;
};

struct BackendCase {
  const char* name;
  std::unique_ptr<Backend> (*make)();
};

template <class B>
std::unique_ptr<Backend> make() {
  return std::make_unique<B>();
}

std::unique_ptr<Backend> make_postgres() {
  auto database = kip::testing::PostgresDatabase::make();
  if (!database) return nullptr;
  return std::make_unique<PostgresBackend>(std::move(database));
}

const TenantId kTenant = TenantId::parse("an-phat").value();
const TenantId kOther = TenantId::parse("binh-minh").value();
const Instant kNow = parse_instant("2025-10-28T02:00:00Z").value();

Act act(std::string_view number, std::string_view title = "t") {
  return {.key = ActKey::create("BTC", number, 2025).value(),
          .title = std::string(title),
          .signed_on = parse_date("2025-10-27").value(),
          .changes = {ActChange::report_form}};
}

EventId event_id(int number) {
  std::array<std::uint8_t, 10> random{};
  random[9] = static_cast<std::uint8_t>(number);
  return EventId::make(kNow, random);
}

InstallId install_id(int number) {
  return InstallId::parse(event_id(number).str()).value();
}

class StoreConformance : public ::testing::TestWithParam<BackendCase> {
 protected:
  void SetUp() override {
    if (!backend_) GTEST_SKIP() << "no database server: run it by with_postgresql.sh";
  }

  std::unique_ptr<UnitOfWork> begin(Access access, const TenantId& tenant = kTenant) {
    return backend_->store().begin(tenant, access).value();
  }

  void put_act(const Act& value, const TenantId& tenant = kTenant) {
    const auto unit = begin(Access::write, tenant);
    ASSERT_THAT(unit->projection().acts.put(value), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }

  std::optional<Act> find_act(std::string_view number, const TenantId& tenant = kTenant) {
    const auto unit = begin(Access::read, tenant);
    return unit->projection().acts.find(key_of(act(number))).value();
  }

  InstallRecord full_install(int number) {
    const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    return {install_id(number),
            Key::of(key.public_key()),
            TaxCode::parse("0101243150").value(),
            ProductId::parse("forms").value(),
            "Máy \"kế toán\"",
            sha256("secret"),
            kNow,
            Standing::held,
            true,
            std::string(32, 'a'),
            7,
            2,
            LastReport{InstallState::installed, Version::parse("1.1").value(), kNow}};
  }

  std::unique_ptr<Backend> backend_ = GetParam().make();
};

TEST_P(StoreConformance, WhatIsCommittedIsSeenByTheNextUnit) {
  put_act(act("99/2025/TT-BTC"));
  EXPECT_EQ(find_act("99/2025/TT-BTC"), act("99/2025/TT-BTC"));
  EXPECT_EQ(find_act("58/2025/TT-BTC"), std::nullopt);
}

TEST_P(StoreConformance, AUnitThatIsNotCommittedLeavesNothing) {
  {
    const auto unit = begin(Access::write);
    ASSERT_THAT(unit->projection().acts.put(act("99/2025/TT-BTC")), is_ok());
    ASSERT_THAT(unit->events().append(event_id(1), "t", "e", kNow), is_ok());
    ASSERT_THAT(unit->use_nonce("n", kNow, kNow), is_ok());
  }
  EXPECT_EQ(find_act("99/2025/TT-BTC"), std::nullopt);
  const auto unit = begin(Access::write);
  EXPECT_EQ(unit->events().last_index().value(), 0);
  EXPECT_TRUE(unit->use_nonce("n", kNow, kNow).value());
}

TEST_P(StoreConformance, LeavesAreNumberedPerLogAndLife) {
  const Bytes salt(32, 's');
  {
    const auto unit = begin(Access::write);
    for (int number = 1; number <= 3; ++number)
      ASSERT_THAT(unit->events().append(event_id(number), "t", "e", kNow), is_ok());
    LeafTable& leaves = unit->leaves();
    EXPECT_TRUE(leaves.lives(LogName::o).value().empty());
    EXPECT_FALSE(leaves.has_begun(LogName::o).value());
    EXPECT_EQ(leaves.size(LogName::o).value(), 0);
    EXPECT_EQ(leaves.last_event().value(), 0);
    ASSERT_THAT(leaves.begin({LogName::o, 1, "origin/o"}), is_ok());
    ASSERT_THAT(leaves.begin({LogName::r, 1, "origin/r"}), is_ok());
    EXPECT_THAT(leaves.begin({LogName::o, 1, "origin/other"}), fails_with(ErrorCode::conflict));
    EXPECT_TRUE(leaves.has_begun(LogName::o).value());
    EXPECT_EQ(leaves.append(LogName::o, 1, "first", salt).value(), 0);
    EXPECT_EQ(leaves.append(LogName::r, 2, "private", salt).value(), 0);
    EXPECT_EQ(leaves.append(LogName::o, 2, "second", salt).value(), 1);
    ASSERT_THAT(unit->commit(), is_ok());
  }
  backend_->reopen();
  {
    const auto unit = begin(Access::write);
    LeafTable& leaves = unit->leaves();
    EXPECT_EQ(leaves.from(LogName::o, 1, 10).value(), (std::vector<Leaf>{{1, 2, "second", salt}}));
    EXPECT_EQ(leaves.from(LogName::o, 0, 1).value(), (std::vector<Leaf>{{0, 1, "first", salt}}));
    EXPECT_EQ(leaves.last_event().value(), 2);
    ASSERT_THAT(leaves.begin({LogName::o, 3, "origin/o3"}), is_ok());
    EXPECT_EQ(leaves.size(LogName::o).value(), 0);
    EXPECT_EQ(leaves.append(LogName::o, 3, "anew", salt).value(), 0);
    EXPECT_EQ(leaves.from(LogName::o, 0, 10).value(), (std::vector<Leaf>{{0, 3, "anew", salt}}));
    EXPECT_EQ(leaves.of_life(LogName::o, 1, 1, 10).value(), (std::vector<Leaf>{{1, 2, "second", salt}}));
    EXPECT_TRUE(leaves.of_life(LogName::o, 7, 0, 10).value().empty());
    ASSERT_THAT(leaves.destroy_salts(2), is_ok());
    EXPECT_EQ(leaves.of_life(LogName::o, 1, 0, 10).value(),
              (std::vector<Leaf>{{0, 1, "first", salt}, {1, 2, "second", ""}}));
    EXPECT_EQ(leaves.size(LogName::r).value(), 1);
    ASSERT_THAT(unit->commit(), is_ok());
  }
  const auto unit = begin(Access::read);
  EXPECT_EQ(unit->leaves().lives(LogName::o).value(),
            (std::vector<LogLife>{{LogName::o, 1, "origin/o"}, {LogName::o, 3, "origin/o3"}}));
  EXPECT_TRUE(begin(Access::read, kOther)->leaves().lives(LogName::o).value().empty());
}

TEST_P(StoreConformance, StampsAreKeptAsTheyAre) {
  const StampSubject first{sha256("a"), "a\n", 1, kNow};
  const StampSubject second{sha256("b"), "b\n", 2, kNow + std::chrono::hours(1)};
  tsp::Stamp pending{.subject = first.digest, .authority = "A", .next_at = kNow, .failures = 3, .problem = "away"};
  pending.request = tsp::make_request(first.digest, *std::make_unique<SystemRandom>()).value();
  tsp::Stamp stamped{.subject = first.digest, .authority = "B", .state = tsp::StampState::stamped};
  stamped.facts = tsp::StampFacts{Bytes("\0\xff", 2),
                                  tsp::GenTime(std::chrono::microseconds(1'234'567)),
                                  std::chrono::microseconds(9),
                                  sha256("i"),
                                  kNow,
                                  true};
  tsp::Stamp bad{.subject = first.digest, .authority = "C", .state = tsp::StampState::bad, .problem = "clock"};
  bad.refusal = tsp::Refusal::clock;
  {
    const auto unit = begin(Access::write);
    StampTable& stamps = unit->stamps();
    EXPECT_EQ(stamps.last_subject().value(), std::nullopt);
    for (const StampSubject& subject : {second, first})
      ASSERT_THAT(stamps.put_subject(subject), is_ok());
    for (const tsp::Stamp& stamp : {bad, stamped, pending})
      ASSERT_THAT(stamps.put(stamp), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  backend_->reopen();
  {
    const auto unit = begin(Access::write);
    EXPECT_EQ(unit->stamps().all().value(), (std::vector<tsp::Stamp>{pending, stamped, bad}));
    EXPECT_EQ(unit->stamps().subject(first.digest).value(), first);
    EXPECT_EQ(unit->stamps().last_subject().value(), second);
    StampSubject again = first;
    again.wanted = kNow + std::chrono::hours(2);
    ASSERT_THAT(unit->stamps().put_subject(again), is_ok());
    EXPECT_EQ(unit->stamps().last_subject().value(), again);
    ASSERT_THAT(unit->stamps().remove(first.digest, "A"), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  EXPECT_EQ(begin(Access::read)->stamps().all().value(), (std::vector<tsp::Stamp>{stamped, bad}));
  EXPECT_TRUE(begin(Access::read, kOther)->stamps().all().value().empty());
}

TEST_P(StoreConformance, KeepsWhatIssuersHaveSaidOfRevocation) {
  RevocationRecord record{sha256("signer"), "A", Bytes("\0\xff", 2)};
  RevocationRecord other{sha256("another"), "B", "token"};
  other.is_over = true;
  {
    const auto unit = begin(Access::write);
    ASSERT_THAT(unit->revocations().put(other), is_ok());
    ASSERT_THAT(unit->revocations().put(record), is_ok());
    record.next_at = kNow;
    record.as_of = kNow - std::chrono::hours(1);
    record.told = "away";
    record.data = {{Bytes("\x30\0", 2), "list"}, {"answer"}};
    ASSERT_THAT(unit->revocations().put(record), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  backend_->reopen();
  EXPECT_EQ(begin(Access::read)->revocations().find(record.signer).value(), record);
  EXPECT_THAT(begin(Access::read)->revocations().all().value(), ::testing::UnorderedElementsAre(record, other));
  EXPECT_TRUE(begin(Access::read, kOther)->revocations().all().value().empty());
}

TEST_P(StoreConformance, KeepsAlertsAndWhoIsToldOfThem) {
  const auto id = [](std::string_view end) { return std::string("01JD00000000000000000000") + std::string(end); };
  AlertRecord over{AlertId::parse(id("01")).value(), {AlertKind::rollout_paused, "forms", "forms 1.2"}, kNow};
  over.cleared = kNow + std::chrono::hours(1);
  const AlertRecord open{
      AlertId::parse(id("02")).value(), {AlertKind::calendar_ending, "VN", "VN 2026", kNow, "soon"}, kNow};
  AlertDelivery dead{DeliveryId::parse(id("03")).value(), over.id, AlertTurn::cleared, "webhook:a"};
  dead.state = DeliveryState::dead;
  dead.since = dead.next = kNow;
  AlertDelivery waiting{DeliveryId::parse(id("04")).value(), open.id, AlertTurn::raised, "mail:a@b.example"};
  waiting.since = kNow;
  waiting.next = kNow + std::chrono::minutes(5);
  waiting.attempts = 3;
  waiting.answer = "no";
  {
    const auto unit = begin(Access::write);
    for (const AlertRecord& record : {over, open})
      ASSERT_THAT(unit->alerts().put(record), is_ok());
    for (const AlertDelivery& delivery : {waiting, dead})
      ASSERT_THAT(unit->alert_deliveries().put(delivery), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  backend_->reopen();
  const auto unit = begin(Access::read);
  EXPECT_EQ(unit->alerts().find(over.id).value(), over);
  EXPECT_EQ(unit->alerts().open().value(), std::vector{open});
  EXPECT_EQ(unit->alerts().page(false, {}, 5).value(), (std::vector{open, over}));
  EXPECT_EQ(unit->alerts().page(false, {}, 1).value(), std::vector{open});
  EXPECT_EQ(unit->alerts().page(false, open.id, 5).value(), std::vector{over});
  EXPECT_TRUE(unit->alerts().page(true, open.id, 5).value().empty());
  AlertDeliveryTable& deliveries = unit->alert_deliveries();
  EXPECT_EQ(deliveries.page({}, {}, 5).value(), (std::vector{waiting, dead}));
  EXPECT_EQ(deliveries.page(DeliveryState::dead, waiting.id, 5).value(), std::vector{dead});
  EXPECT_TRUE(deliveries.due(kNow, 5).value().empty());
  EXPECT_EQ(deliveries.due(waiting.next, 5).value(), std::vector{waiting});
  EXPECT_EQ(deliveries.count(DeliveryState::dead).value(), 1);
  EXPECT_EQ(deliveries.count(DeliveryState::delivered).value(), 0);
  const auto other = begin(Access::read, kOther);
  EXPECT_TRUE(other->alerts().all().value().empty());
  EXPECT_TRUE(other->alert_deliveries().all().value().empty());
}

TEST_P(StoreConformance, AUnitSeesWhatItWrote) {
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->projection().acts.put(act("1/2025")), is_ok());
  EXPECT_EQ(unit->projection().acts.find(key_of(act("1/2025"))).value(), act("1/2025"));
}

TEST_P(StoreConformance, AReaderSeesTheStateAtItsBeginningWhileAWriterWorks) {
  put_act(act("1/2025"));
  const auto writer = begin(Access::write);
  ASSERT_THAT(writer->projection().acts.put(act("2/2025")), is_ok());
  const auto reader = begin(Access::read);
  EXPECT_EQ(reader->projection().acts.all().value().size(), 1U);
  ASSERT_THAT(writer->commit(), is_ok());
  EXPECT_EQ(reader->projection().acts.all().value().size(), 1U);
}

TEST_P(StoreConformance, PuttingAgainReplaces) {
  put_act(act("1/2025", "old"));
  put_act(act("1/2025", "new"));
  EXPECT_EQ(find_act("1/2025")->title, "new");
}

TEST_P(StoreConformance, TenantsDoNotSeeEachOther) {
  put_act(act("1/2025", "mine"));
  put_act(act("1/2025", "theirs"), kOther);
  EXPECT_EQ(find_act("1/2025")->title, "mine");
  EXPECT_EQ(find_act("1/2025", kOther)->title, "theirs");
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->clear_projection(), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  EXPECT_EQ(find_act("1/2025"), std::nullopt);
  EXPECT_EQ(find_act("1/2025", kOther)->title, "theirs");
}

TEST_P(StoreConformance, RowsAreCountedByTheLimitThatIsAskedFor) {
  const auto row = [](const char* customer, Applicability applicability, std::optional<Instant> completed,
                      std::optional<Instant> deferred) {
    return RowRecord{.number = 1,
                     .customer = TaxCode::parse(customer).value(),
                     .applicability = applicability,
                     .completed_at = completed,
                     .deferred_at = deferred};
  };
  put_act(act("1/2025"));
  const auto unit = begin(Access::write);
  RowTable& rows = unit->projection().rows;
  const Instant late = kNow + std::chrono::hours(1);
  for (const RowRecord& one :
       {row("A", Applicability::applicable, kNow, {}), row("B", Applicability::unknown_attribute, late, {}),
        row("C", Applicability::applicable, {}, kNow), row("D", Applicability::not_entitled, late, kNow),
        row("E", Applicability::applicable, late, kNow), row("F", Applicability::applicable, kNow, Instant())})
    ASSERT_THAT(rows.put(one), is_ok());
  const RowTable::Timed by_late = rows.timed(1, late).value();
  EXPECT_EQ(by_late.late, 2) << "in time is strictly before";
  EXPECT_EQ(by_late.delayed, 2) << "C and E, but F was in time";
  EXPECT_EQ(by_late.last_completed, late);
  const RowTable::Timed by_now = rows.timed(1, kNow).value();
  EXPECT_THAT(std::pair(by_now.late, by_now.delayed), ::testing::Pair(4, 1)) << "F was put off before";
  EXPECT_EQ(rows.timed(1, {}).value().late, 0);
  EXPECT_FALSE(rows.timed(2, kNow).value().last_completed);
  EXPECT_EQ(rows.find({1, TaxCode::parse("B").value()}).value()->completed_at, late);
}

TEST_P(StoreConformance, NoticesAreFoundByWhatTheyAreAboutAndInPages) {
  const TaxCode customer = TaxCode::parse("0101243150").value();
  const ProductId product = ProductId::parse("forms").value();
  const auto unit = begin(Access::write);
  NoticeTable& table = unit->projection().notices;
  std::vector<NoticeRecord> made;
  for (std::uint8_t i = 1; i <= 5; ++i) {
    const Notice notice{product, AppliedNotice{Version::parse(fmt::format("1.{}", i)).value(), 1, 2}};
    made.push_back({NoticeId::make(kNow, {i}), customer, notice, Language::vi, kNow, 10 + i});
  }
  made[1].accepted = Acceptance{kNow, "x@y.example", sha256("m"), "y.example", 250};
  made[2].accepted = made[1].accepted;
  made[2].bounced = Bounce{kNow, BounceReason::reported, "5.1.1", 550, "staff:an"};
  NoticeRecord given_up = made[0];
  given_up.id = NoticeId::make(kNow, {6});
  given_up.notice.content = AppliedNotice{Version::parse("1.6").value(), 1, 2};
  given_up.bounced = Bounce{kNow, BounceReason::gave_up, "5.7.1", 554, "server"};
  made.push_back(given_up);
  for (const NoticeRecord& record : made)
    ASSERT_THAT(table.put(record), is_ok());
  EXPECT_EQ(table.all().value(), made);
  EXPECT_EQ(table.about(subject_of(made[3])).value(), made[3]);
  EXPECT_EQ(table.about({NoticeKind::failed, customer, product, "1.4"}).value(), std::nullopt);
  EXPECT_EQ(table.last_cause().value(), 15);
  const NoticeFilter queued{
      .kind = NoticeKind::applied, .customer = customer, .product = product, .state = NoticeState::queued};
  EXPECT_EQ(table.page(queued, {}, 2).value(), (std::vector{made[0], made[3]}));
  EXPECT_EQ(table.page(queued, made[3].id, 2).value(), std::vector{made[4]});
  EXPECT_EQ(table.page({.state = NoticeState::bounced}, {}, 9).value(), std::vector{made[2]});
  EXPECT_EQ(table.page({.state = NoticeState::given_up}, {}, 9).value(), std::vector{given_up});
  EXPECT_TRUE(table.page({.kind = NoticeKind::failed}, {}, 9).value().empty());
}

TEST_P(StoreConformance, SwitchesOfNoticesAreKept) {
  const auto unit = begin(Access::write);
  const NoticeSwitch on{NoticeKind::failed, true, 7, kNow};
  ASSERT_THAT(unit->projection().notice_switches.put(on), is_ok());
  EXPECT_EQ(unit->projection().notice_switches.find(NoticeKind::failed).value(), on);
  EXPECT_EQ(unit->projection().notice_switches.find(NoticeKind::applied).value(), std::nullopt);
}

TEST_P(StoreConformance, EventsAreNumberedPerTenantWithoutGaps) {
  for (int i = 1; i <= 3; ++i) {
    const auto unit = begin(Access::write);
    EXPECT_EQ(unit->events().append(event_id(2 * i), "a", "envelope", kNow).value(), 2 * i - 1);
    EXPECT_EQ(unit->events().append(event_id(2 * i + 1), "b", "envelope", kNow).value(), 2 * i);
    ASSERT_THAT(unit->commit(), is_ok());
  }
  const auto other = begin(Access::write, kOther);
  EXPECT_EQ(other->events().append(event_id(2), "a", "envelope", kNow).value(), 1);
}

TEST_P(StoreConformance, EventsAreReadInOrderAndInPieces) {
  const auto unit = begin(Access::write);
  const Bytes octets("\0\xff{\"a\":1}", 9);
  for (int i = 1; i <= 5; ++i)
    ASSERT_THAT(unit->events().append(event_id(i), "t" + std::to_string(i), octets, kNow), is_ok());
  const auto events = unit->events().after(2, 2).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (StoredEvent{3, event_id(3), "t3", octets, kNow}));
  EXPECT_EQ(events[1].index, 4);
  EXPECT_EQ(unit->events().after(5, 10).value().size(), 0U);
}

TEST_P(StoreConformance, AnEventIdStandsOnce) {
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->events().append(event_id(1), "t", "e", kNow), is_ok());
  EXPECT_THAT(unit->events().append(event_id(1), "t", "e", kNow), fails_with(ErrorCode::conflict));
}

TEST_P(StoreConformance, RecordsComeAscendingByKey) {
  for (const char* number : {"3/2025", "1/2025", "2/2025"})
    put_act(act(number));
  const auto unit = begin(Access::read);
  std::vector<std::string> keys;
  for (const Act& found : unit->projection().acts.all().value())
    keys.push_back(found.key.number());
  EXPECT_EQ(keys, (std::vector<std::string>{"1/2025", "2/2025", "3/2025"}));
}

TEST_P(StoreConformance, TextsAreInTheOrderOfTheirOctets) {
  for (const char* number : {"ă/2025", "a/2025", "a-b/2025", "ab/2025", "B/2025", "1/2025"})
    put_act(act(number));
  std::vector<std::string> numbers;
  for (const Act& found : begin(Access::read)->projection().acts.all().value())
    numbers.push_back(found.key.number());
  EXPECT_EQ(numbers, (std::vector<std::string>{"1/2025", "B/2025", "a-b/2025", "a/2025", "ab/2025", "ă/2025"}));
}

TEST_P(StoreConformance, AnInstallKeepsAllItsMembersAndIsFoundByItsCode) {
  const InstallRecord first = full_install(1);
  InstallRecord second = full_install(2);
  second.report.reset();
  second.replaced_by = first.id;
  InstallRecord other = full_install(3);
  other.code = sha256("another secret");
  const auto unit = begin(Access::write);
  for (const Sha256Digest& secret : {first.code, other.code}) {
    ASSERT_THAT(unit->projection().codes.put({secret, first.customer, first.product, "l", kNow}), is_ok());
  }
  for (const InstallRecord& install : {first, second, other})
    ASSERT_THAT(unit->projection().installs.put(install), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  const auto reader = begin(Access::read);
  EXPECT_EQ(reader->projection().installs.find(first.id).value(), first);
  EXPECT_EQ(reader->projection().installs.admitted_by(first.code).value(), (std::vector<InstallRecord>{first, second}));
}

TEST_P(StoreConformance, InstallsThatSomebodyHasToDecideAboutAreFound) {
  std::vector<InstallRecord> installs;
  for (int i = 1; i <= 4; ++i) {
    installs.push_back(full_install(i));
    std::tie(installs.back().standing, installs.back().disputed) = std::tuple(Standing::active, i == 4);
  }
  installs[1].standing = Standing::held;
  installs[2].standing = Standing::retired;
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->projection().codes.put({installs[0].code, installs[0].customer, installs[0].product, "l", kNow}),
              is_ok());
  for (const InstallRecord& install : installs)
    ASSERT_THAT(unit->projection().installs.put(install), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  EXPECT_EQ(begin(Access::read)->projection().installs.doubtful().value(),
            (std::vector<InstallRecord>{installs[1], installs[3]}));
  EXPECT_TRUE(begin(Access::read, kOther)->projection().installs.doubtful().value().empty());
}

TEST_P(StoreConformance, AnInstallIsFoundByItsPresentKeyInWhateverWayThatIsWritten) {
  InstallRecord first = full_install(1);
  InstallRecord second = full_install(2);
  const PublicKey before = *first.key.usable();
  const PublicKey key = PrivateKey::generate(KeyType::ed25519).value().public_key();
  json::Object capitals{{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"owner", "%"}};
  std::string digits = key.text();
  std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) { return c >= 'a' ? c - 32 : c; });
  capitals["keyval"] = json::Object{{"public", digits}};
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->projection().codes.put({first.code, first.customer, first.product, "l", kNow}), is_ok());
  for (const InstallRecord& install : {first, second})
    ASSERT_THAT(unit->projection().installs.put(install), is_ok());
  first.key = Key::parse(capitals).value();
  ASSERT_THAT(unit->projection().installs.put(first), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  const auto reader = begin(Access::read);
  EXPECT_EQ(reader->projection().installs.bearing(key).value(), std::vector<InstallRecord>{first});
  EXPECT_EQ(reader->projection().installs.bearing(*second.key.usable()).value(), std::vector<InstallRecord>{second});
  EXPECT_TRUE(reader->projection().installs.bearing(before).value().empty());
  EXPECT_TRUE(begin(Access::read, kOther)->projection().installs.bearing(key).value().empty());
}

TEST_P(StoreConformance, ReceiptsWithOneNumberStandBesideEachOther) {
  const InstallRecord install = full_install(1);
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->projection().codes.put({install.code, install.customer, install.product, "", kNow}), is_ok());
  ASSERT_THAT(unit->projection().installs.put(install), is_ok());
  ASSERT_THAT(unit->events().append(event_id(1), "t", "e", kNow), is_ok());
  const auto receipt = [&](std::int64_t sequence, std::string_view content) {
    return ReceiptRecord{{install.id, "aa", sequence, sha256(content)},
                         sequence > 1 ? std::optional(sha256("previous")) : std::nullopt,
                         InstallState::installed,
                         Version::parse("1.1").value(),
                         1,
                         sequence,
                         kNow};
  };
  for (const ReceiptRecord& record : {receipt(1, "a"), receipt(2, "b"), receipt(2, "c")})
    ASSERT_THAT(unit->projection().receipts.put(record), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  const auto reader = begin(Access::read);
  EXPECT_EQ(reader->projection().receipts.between(install.id, "aa", 2, 2).value().size(), 2U);
  EXPECT_EQ(reader->projection().receipts.between(install.id, "bb", 1, 9).value().size(), 0U);
  EXPECT_EQ(reader->projection().receipts.of(install.id).value().size(), 3U);
  EXPECT_EQ(reader->projection().receipts.of(install_id(2)).value().size(), 0U);
  EXPECT_EQ(reader->projection().receipts.find(receipt(1, "a").key).value(), receipt(1, "a"));
  EXPECT_EQ(reader->projection().receipts.find(receipt(2, "c").key).value(), receipt(2, "c"));
}

TEST_P(StoreConformance, LargeEventsAreReadAFewAtATime) {
  const auto unit = begin(Access::write);
  constexpr std::size_t kThird = EventLog::kMaxOctets / 3;
  for (char i = 1; i <= 5; ++i) {
    const std::size_t size = i == 4 ? EventLog::kMaxOctets + 1 : i == 5 ? 1 : kThird;
    ASSERT_THAT(unit->events().append(event_id(i), "t", Bytes(size, 'x'), kNow), is_ok());
  }
  std::vector<std::size_t> counts;
  for (std::int64_t done = 0;;) {
    const auto some = unit->events().after(done, 100).value();
    if (some.empty()) break;
    done = some.back().index;
    counts.push_back(some.size());
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{3, 1, 1}));
  EXPECT_EQ(unit->events().after(0, 2).value().size(), 2U);
}

TEST_P(StoreConformance, TheReceiptsOfAnInstallComeInTheOrderOfTheLog) {
  const InstallRecord install = full_install(1);
  const auto unit = begin(Access::write);
  ASSERT_THAT(unit->projection().codes.put({install.code, install.customer, install.product, "", kNow}), is_ok());
  ASSERT_THAT(unit->projection().installs.put(install), is_ok());
  std::vector<std::string> incarnations = {"bb", "aa", "cc"};
  std::vector<std::pair<std::string, std::int64_t>> wanted;
  for (const std::string& incarnation : incarnations) {
    const auto index = unit->events().append(event_id(incarnation[0]), "t", "e", kNow);
    // Of one event, not in the order of their numbers.
    std::int64_t place = 0;
    for (const std::int64_t sequence : {3, 1, 2}) {
      wanted.emplace_back(incarnation, sequence);
      ASSERT_THAT(unit->projection().receipts.put({{install.id, incarnation, sequence, sha256(incarnation)},
                                                   {},
                                                   InstallState::installed,
                                                   Version::parse("1").value(),
                                                   index.value(),
                                                   ++place,
                                                   kNow}),
                  is_ok());
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const ReceiptRecord& receipt : unit->projection().receipts.of(install.id).value())
    found.emplace_back(receipt.key.incarnation, receipt.key.sequence);
  EXPECT_EQ(found, wanted);
  std::vector<std::int64_t> numbers;
  for (const ReceiptRecord& receipt : unit->projection().receipts.between(install.id, "aa", 2, 7).value())
    numbers.push_back(receipt.key.sequence);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{2, 3}));
}

TEST_P(StoreConformance, TheOtherTablesKeepAllTheirMembers) {
  const ProductId forms = ProductId::parse("forms").value();
  const auto unit = begin(Access::write);
  Projection& tables = unit->projection();
  ASSERT_THAT(unit->events().append(event_id(1), "t", "e", kNow), is_ok());
  const PublicationRecord publication{forms, Version::parse("1.10").value(), sha256("m"), {"BTC:1:2025", "a\"b"}, kNow,
                                      1};
  const EnrolmentCodeRecord code{sha256("s"), TaxCode::parse("1").value(), forms, "bàn 1", kNow};
  const EnrolmentCodeRecord replacing{sha256("r"), code.customer, forms, "", kNow, install_id(7), 12, true};
  WaitingInstall waiting{install_id(8), full_install(8).key, code.customer, forms, "bàn 2", code.secret, kNow};
  const InstallationRecord installation{install_id(1), Version::parse("1.1").value(), kNow};
  ASSERT_THAT(tables.publications.put(publication), is_ok());
  ASSERT_THAT(tables.codes.put(code), is_ok());
  ASSERT_THAT(tables.codes.put(replacing), is_ok());
  ASSERT_THAT(tables.waiting.put(waiting), is_ok());
  waiting.state = WaitingState::declined;
  ASSERT_THAT(tables.waiting.put(waiting), is_ok());
  EXPECT_EQ(tables.waiting.find(waiting.id).value(), waiting);
  ASSERT_THAT(tables.installations.put(installation), is_ok());
  EXPECT_EQ(tables.publications.find(key_of(publication)).value(), publication);
  EXPECT_EQ(tables.codes.find(code.secret).value(), code);
  EXPECT_EQ(tables.codes.find(replacing.secret).value(), replacing);
  EXPECT_EQ(tables.installations.find(key_of(installation)).value(), installation);
  EXPECT_EQ(tables.publications.find({forms, "1.1"}).value(), std::nullopt);
}

TEST_P(StoreConformance, PeopleAndTheirTokensAreKeptWhole) {
  const PersonName an = PersonName::parse("an").value();
  const PersonName binh = PersonName::parse("binh").value();
  const StaffMember gone{an, {StaffRole::auditor, StaffRole::support}, {sha256("key").hex()}, kNow, true, binh};
  const StaffMember plain{binh, {StaffRole::administrator}, {}, kNow};
  const TokenRecord narrow{sha256("t"), an,
                           "việc đêm",  StaffActions{StaffAction::read, StaffAction::own},
                           kNow,        kNow + std::chrono::hours(1),
                           true};
  const TokenRecord wide{sha256("u"), binh, "", {}, kNow};
  const auto unit = begin(Access::write);
  Projection& tables = unit->projection();
  for (const StaffMember& person : {gone, plain})
    ASSERT_THAT(tables.people.put(person), is_ok());
  for (const TokenRecord& token : {narrow, wide})
    ASSERT_THAT(tables.tokens.put(token), is_ok());
  EXPECT_EQ(tables.people.all().value(), (std::vector<StaffMember>{gone, plain}));
  EXPECT_EQ(tables.tokens.find(narrow.hash).value(), narrow);
  EXPECT_EQ(tables.tokens.find(wide.hash).value(), wide);
}

TEST_P(StoreConformance, ByWhatPeopleAreRecognisedOutlivesTheProjection) {
  const PersonName an = PersonName::parse("an").value();
  const PersonName binh = PersonName::parse("binh").value();
  SystemRandom random;
  const CredentialRecord settled{an, PasswordHash::make(SecretBytes(Bytes("a pass phrase")), random)};
  const CredentialRecord invited{binh, {}, Invitation{sha256("i"), kNow}};
  const SessionRecord early{sha256("a"), an, kNow, kNow + std::chrono::hours(1)};
  const SessionRecord late{sha256("b"), an, kNow, kNow + std::chrono::hours(2)};
  const SessionRecord other{sha256("c"), binh, kNow, kNow + std::chrono::hours(2)};
  {
    const auto unit = begin(Access::write);
    for (const CredentialRecord& one : {settled, invited})
      ASSERT_THAT(unit->credentials().put(one), is_ok());
    for (const SessionRecord& one : {early, late, other})
      ASSERT_THAT(unit->sessions().put(one), is_ok());
    ASSERT_THAT(unit->clear_projection(), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  const auto unit = begin(Access::write);
  EXPECT_EQ(unit->credentials().find(an).value(), settled);
  EXPECT_EQ(unit->credentials().find(binh).value(), invited);
  EXPECT_EQ(unit->sessions().all().value().size(), 3U);
  ASSERT_THAT(unit->sessions().end_expired(early.expires), is_ok());
  EXPECT_EQ(unit->sessions().find(early.hash).value(), std::nullopt);
  EXPECT_EQ(unit->sessions().find(late.hash).value(), late);
  ASSERT_THAT(unit->sessions().end_of(an), is_ok());
  EXPECT_EQ(unit->sessions().all().value(), std::vector<SessionRecord>{other});
  ASSERT_THAT(unit->sessions().end(other.hash), is_ok());
  EXPECT_TRUE(unit->sessions().all().value().empty());
  EXPECT_TRUE(begin(Access::read, kOther)->credentials().all().value().empty());
}

ServiceRecord service_record(std::int64_t number, const InstallRecord& install) {
  ServiceCase request(ServiceFacts{.number = number,
                                   .id = RequestId::parse(event_id(static_cast<int>(number)).str()).value(),
                                   .install = install.id,
                                   .customer = install.customer,
                                   .product = install.product,
                                   .kind = ServiceKind::onsite,
                                   .grade = 1,
                                   .note = "\"giấy\"\nkẹt",
                                   .failed = FailedUpdate{Version::parse("1.1").value(), "full"},
                                   .came_at = kNow,
                                   .after_remote = 7,
                                   .remote_failed_at = kNow});
  KIP_CHECK(request.answer({kNow, "staff:an", "a"}).has_value());
  KIP_CHECK(
      request.visit({kNow, kNow + std::chrono::minutes(9), "v", sha256("m"), "staff:an", kNow + std::chrono::hours(1)})
          .has_value());
  return {std::move(request), sha256("envelope")};
}

TEST_P(StoreConformance, RequestsForServiceAreKeptWholeAndFound) {
  const auto unit = begin(Access::write);
  const InstallRecord install = full_install(1);
  Projection& tables = unit->projection();
  ASSERT_THAT(tables.codes.put({install.code, install.customer, install.product, "", kNow}), is_ok());
  ASSERT_THAT(tables.installs.put(install), is_ok());
  EXPECT_EQ(tables.services.last_number().value(), 0);
  const ServiceRecord first = service_record(1, install);
  ServiceRecord second = service_record(2, install);
  ASSERT_THAT(tables.services.put(first), is_ok());
  ASSERT_THAT(tables.services.put(second), is_ok());
  EXPECT_EQ(tables.services.open_of(install.id).value(), 2);
  KIP_CHECK(second.request.resolve({kNow, "staff:an", "r"}).has_value());
  ASSERT_THAT(tables.services.put(second), is_ok());
  EXPECT_EQ(tables.services.find(2).value(), second);
  EXPECT_EQ(tables.services.by_id(first.request.facts().id).value(), first);
  EXPECT_EQ(tables.services.by_id(service_record(3, install).request.facts().id).value(), std::nullopt);
  EXPECT_EQ(tables.services.open().value(), std::vector<ServiceRecord>{first});
  EXPECT_EQ(tables.services.of({install.customer, install.product}).value(), (std::vector{first, second}));
  EXPECT_TRUE(tables.services.of({TaxCode::parse("1").value(), install.product}).value().empty());
  EXPECT_EQ(tables.services.open_of(install.id).value(), 1);
  EXPECT_EQ(tables.services.open_of(install_id(2)).value(), 0);
  EXPECT_EQ(tables.services.last_number().value(), 2);
}

TEST_P(StoreConformance, InspectionsAreThoseOfACustomerInTheOrderOfTheLog) {
  const auto unit = begin(Access::write);
  const TaxCode customer = TaxCode::parse("0101243150").value();
  const ProductId forms = ProductId::parse("forms").value();
  const LegalDate day = parse_date("2025-10-27").value();
  for (int i = 1; i <= 3; ++i)
    ASSERT_THAT(unit->events().append(event_id(i), "t", "e", kNow), is_ok());
  const InspectionRecord first{1, customer, forms, {day, "staff:an", "tốt", sha256("r")}};
  const InspectionRecord second{2, customer, forms, {day, "staff:an", "", {}}};
  const InspectionRecord other{3, TaxCode::parse("1").value(), forms, {day, "staff:an", "", {}}};
  for (const InspectionRecord& one : {second, first, other})
    ASSERT_THAT(unit->projection().inspections.put(one), is_ok());
  EXPECT_EQ(unit->projection().inspections.of({customer, forms}).value(), (std::vector{first, second}));
  ASSERT_THAT(unit->clear_projection(), is_ok());
  EXPECT_TRUE(unit->projection().inspections.all().value().empty());
}

TEST_P(StoreConformance, ANonceIsGoodOnceUntilItExpires) {
  const auto unit = begin(Access::write);
  const Instant later = kNow + std::chrono::minutes(10);
  EXPECT_TRUE(unit->use_nonce("n", kNow, later).value());
  EXPECT_FALSE(unit->use_nonce("n", later, later).value());
  EXPECT_TRUE(unit->use_nonce("n", later + std::chrono::milliseconds(1), later).value());
}

TEST_P(StoreConformance, WritersFollowEachOther) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::atomic<int> number{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const auto unit = backend_->store().begin(kTenant, Access::write).value();
        KIP_CHECK(unit->events().append(event_id(++number), "t", "e", kNow).has_value());
        KIP_CHECK(unit->commit().has_value());
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(begin(Access::read)->events().last_index().value(), kThreads * kEach);
}

TEST_P(StoreConformance, WhatIsCommittedOutlivesAReopening) {
  {
    const auto unit = begin(Access::write);
    ASSERT_THAT(unit->events().append(event_id(1), "t", "e", kNow), is_ok());
    ASSERT_THAT(unit->projection().acts.put(act("1/2025")), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  if (!backend_->reopen()) GTEST_SKIP() << "this store ends with its process";
  EXPECT_EQ(begin(Access::read)->events().last_index().value(), 1);
  EXPECT_EQ(find_act("1/2025"), act("1/2025"));
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreConformance,
                         ::testing::Values(BackendCase{"Memory", make<MemoryBackend>},
                                           BackendCase{"Sqlite", make<SqliteBackend>},
                                           BackendCase{"Postgres", make_postgres}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip::server
