// What only the store in PostgreSQL has to show. Most of it needs a server, which tests/testing/with_postgresql.sh
// starts; without one, those tests are skipped.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <server/storage/postgres/migrations.hpp>
#include <server/storage/postgres/numbered.hpp>
#include <server/storage/postgres/outage.hpp>
#include <server/storage/postgres/postgres_connection.hpp>
#include <server/storage/postgres/postgres_error.hpp>
#include <server/storage/postgres/postgres_store.hpp>
#include <testing/matchers.hpp>
#include <testing/postgres_database.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using kip::testing::PostgresDatabase;
using ::testing::HasSubstr;

const TenantId kTenant = TenantId::parse("t").value();

EventId event_id(int number) {
  std::array<std::uint8_t, 10> random{};
  for (int i = 0; i < 4; ++i)
    random[static_cast<std::size_t>(9 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
  return EventId::make({}, random);
}

TEST(PostgresDialect, PlaceholdersAreNumberedOutsideOfTexts) {
  EXPECT_EQ(postgres::numbered("SELECT a FROM b WHERE c = ? AND d > ?"), "SELECT a FROM b WHERE c = $1 AND d > $2");
  EXPECT_EQ(postgres::numbered("SELECT '?''?', ?"), "SELECT '?''?', $1");
  EXPECT_EQ(postgres::numbered(""), "");
}

TEST(PostgresErrors, MeanWhatTheirStateSays) {
  const std::vector<std::pair<const char*, ErrorCode>> cases = {
      {"53100", ErrorCode::disk_full}, {"53300", ErrorCode::busy},      {"57P03", ErrorCode::busy},
      {"55P03", ErrorCode::busy},      {"57014", ErrorCode::busy},      {"40P01", ErrorCode::busy},
      {"23505", ErrorCode::conflict},  {"23001", ErrorCode::conflict},  {"28P01", ErrorCode::denied},
      {"42501", ErrorCode::denied},    {"3D000", ErrorCode::not_found}, {"22021", ErrorCode::malformed},
      {"57P01", ErrorCode::busy},      {"08006", ErrorCode::busy},      {"58030", ErrorCode::storage},
      {"", ErrorCode::storage}};
  for (const auto& [state, code] : cases)
    EXPECT_EQ(postgres::code_of(state), code) << state;
}

/// Takes one connection on 127.0.0.1, says that there is no encryption here, and keeps what comes then.
class WithoutTls {
 public:
  WithoutTls() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    KIP_CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 1) == 0);
    KIP_CHECK(::getsockname(listener_, generic, &size) == 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  /// All that came after the first question, once the other side has gone.
  std::string rest() {
    thread_.join();
    ::close(listener_);
    return rest_;
  }

  int port = 0;

 private:
  void serve() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    std::array<char, 512> buffer{};
    KIP_CHECK(::recv(connection, buffer.data(), 8, MSG_WAITALL) == 8);
    KIP_CHECK(::send(connection, "N", 1, MSG_NOSIGNAL) == 1);
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (got > 0) rest_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(connection);
  }

  int listener_;
  std::thread thread_;
  std::string rest_;
};

TEST(PostgresEncryption, NothingIsSentToAServerWithoutIt) {
  WithoutTls server;
  const PostgresOptions options{.host = "127.0.0.1", .port = server.port, .password = SecretBytes("secret")};
  EXPECT_THAT(postgres::connect(options), fails_with(ErrorCode::storage, "SSL"));
  EXPECT_EQ(server.rest(), "");
}

class PostgresStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!database_) GTEST_SKIP() << "no database server: run it by with_postgresql.sh";
  }

  PostgresOptions options() {
    PostgresOptions out = database_->options();
    out.patience = std::chrono::milliseconds(300);
    out.silence = std::chrono::milliseconds(600);
    out.pause = std::chrono::milliseconds(500);
    out.report = [this](std::string_view why) {
      const std::lock_guard lock(why_mutex_);
      why_.emplace_back(why);
    };
    return out;
  }
  std::unique_ptr<PostgresStore> created() { return PostgresStore::create(options()).value(); }

  /// One more event in a unit of its own; its index.
  static Result<std::int64_t> record(Store& store, int number) {
    KIP_TRY(const auto unit, store.begin(kTenant, Access::write));
    KIP_TRY(const std::int64_t index, unit->events().append(event_id(number), "t", "e", {}));
    KIP_TRY_VOID(unit->commit());
    return index;
  }
  static std::int64_t last(Store& store) {
    return store.begin(kTenant, Access::read).value()->events().last_index().value();
  }

  /// Ends every session of the store's role.
  void end_sessions() const {
    database_->sql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'kip' AND datname = '" +
        database_->name() + "'");
  }

  /// Tries until the database is there again.
  static bool is_picked_up(Store& store) {
    while (!store.begin(kTenant, Access::read))
      std::this_thread::yield();
    return true;
  }

  std::unique_ptr<PostgresDatabase> database_ = PostgresDatabase::make();
  std::mutex why_mutex_;          ///< guards `why_`
  std::vector<std::string> why_;  ///< what the log would have
};

TEST_F(PostgresStoreTest, TheDatabaseItselfRefusesToChangeHistory) {
  ASSERT_THAT(record(*created(), 1), is_ok());
  for (const char* change : {"UPDATE events SET envelope = 'x'", "DELETE FROM events", "TRUNCATE events CASCADE",
                             "TRUNCATE log_leaves", "TRUNCATE log_lives CASCADE"})
    EXPECT_THAT(database_->sql(change), HasSubstr("only added to")) << change;
  EXPECT_THAT(database_->sql("INSERT INTO events VALUES ('t', 3, 'i', 't', 'x', 0)"), HasSubstr("without gaps"));
  EXPECT_EQ(database_->sql("INSERT INTO events VALUES ('t', 2, 'i', 't', 'x', 0)"), "");
}

TEST_F(PostgresStoreTest, OnlyAnEnvelopeCanBeDestroyed) {
  ASSERT_THAT(record(*created(), 1), is_ok());
  for (const char* change :
       {"position = 7", "id = 'x'", "type = 'x'", "recorded = 7", "tenant = 'x'", "envelope = 'x'"})
    EXPECT_NE(database_->sql(std::string("UPDATE events SET ") + change), "") << change;
  EXPECT_EQ(database_->sql("UPDATE events SET envelope = ''"), "");
  EXPECT_EQ(database_->sql("SELECT octet_length(envelope) FROM events"), "0");
}

TEST_F(PostgresStoreTest, LeavesKeepTheirPlaceAndTheirEntry) {
  const auto store = created();
  ASSERT_THAT(record(*store, 1), is_ok());
  const auto unit = store->begin(kTenant, Access::write).value();
  ASSERT_THAT(unit->leaves().begin({LogName::o, 1, "origin"}), is_ok());
  ASSERT_THAT(unit->leaves().append(LogName::o, 1, "entry", Bytes(32, 's')), is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  for (const char* change : {"UPDATE log_leaves SET entry = 'x', salt = NULL", "UPDATE log_leaves SET salt = entry",
                             "DELETE FROM log_leaves", "UPDATE log_lives SET origin = 'x'", "DELETE FROM log_lives"})
    EXPECT_THAT(database_->sql(change), HasSubstr("only added to")) << change;
  EXPECT_THAT(database_->sql("INSERT INTO log_leaves VALUES ('t', 'o', 1, 2, 1, 'x', NULL)"),
              HasSubstr("without gaps"));
}

TEST_F(PostgresStoreTest, ANewRowIsNotComparedWithAllBeforeIt) {
  created();
  const auto read_for = [&](const std::string& table, const std::string& values) {
    return database_->sql("DO $$ BEGIN FOR i IN 1..500 LOOP INSERT INTO " + table + " VALUES (" + values +
                          "); END LOOP; END $$; SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
                          "WHERE relname = '" +
                          table + "'");
  };
  // Once with nothing known of the tables, and once with what makes reading all of them look cheap.
  for (const char* tenant : {"'a'", "'b'"}) {
    EXPECT_LE(std::stoi(read_for("events", fmt::format("{}, i, i::text, 't', 'x', 0", tenant))), 1000) << tenant;
    database_->sql(fmt::format("INSERT INTO log_lives VALUES ({0}, 'o', 1, {0})", tenant));
    EXPECT_LE(std::stoi(read_for("log_leaves", fmt::format("{}, 'o', 1, i - 1, 1, 'x'", tenant))), 1000) << tenant;
    database_->sql("VACUUM ANALYZE");
  }
}

TEST_F(PostgresStoreTest, PlansOfAnEmptyTableDoNotStayWhileItGrows) {
  constexpr int kRows = 3000;
  created();
  const auto connection = postgres::PostgresConnection::open(options()).value();
  ASSERT_THAT(connection->script("", "BEGIN"), is_ok());
  for (int i = 0; i < kRows; ++i) {
    const std::string id = fmt::format("{:06}", i);
    ASSERT_THAT(
        connection->change("", "INSERT INTO installs VALUES ('t', ?, '', 'c', 'p', '', '', 0, 'active', 0, '', 0, 0)",
                           sql::Binder().text(id)),
        is_ok());
    ASSERT_THAT(connection->change("", "UPDATE installs SET last_sequence = ? WHERE tenant = ? AND id = ?",
                                   sql::Binder().integer(i).text("t").text(id)),
                is_ok());
  }
  const auto read = connection->number(
      "", "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'installs'",
      sql::Binder());
  EXPECT_LT(read.value(), kRows * kRows / 6) << "with a plan of the beginning it is half the square";
}

TEST_F(PostgresStoreTest, EveryTextIsInTheOrderOfItsOctets) {
  const auto store = created();
  EXPECT_EQ(database_->sql("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND "
                           "data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"),
            "0");
  EXPECT_EQ(database_->sql("SELECT 'a' < 'B'"), "t") << "in this database it is the other way round by itself";
}

TEST_F(PostgresStoreTest, ADatabaseIsNeverBegunByItself) {
  EXPECT_THAT(PostgresStore::open(options()), fails_with(ErrorCode::not_found, "never begins a new one by itself"));
  EXPECT_EQ(database_->sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(PostgresStoreTest, OneThatIsUsedIsNotBegunAgain) {
  ASSERT_THAT(record(*created(), 1), is_ok());
  EXPECT_THAT(PostgresStore::create(options()), fails_with(ErrorCode::conflict, "has recorded something"));
  EXPECT_EQ(last(*PostgresStore::open(options()).value()), 1);
}

TEST_F(PostgresStoreTest, TablesOfSomebodyElseAreLeftAlone) {
  database_->sql("CREATE TABLE receipts (theirs int)");
  EXPECT_THAT(PostgresStore::create(options()), fails_with(ErrorCode::conflict, "give kip-server one of its own"));
  EXPECT_EQ(database_->sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
}

TEST_F(PostgresStoreTest, ADatabaseOfANewerProgramIsRefused) {
  created();
  database_->sql("INSERT INTO migrations VALUES (9999, 'later')");
  EXPECT_THAT(PostgresStore::open(options()), fails_with(ErrorCode::conflict, "use the newer program"));
}

TEST_F(PostgresStoreTest, ProgramsThatStartTogetherMigrateOnce) {
  std::vector<std::thread> programs;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    programs.emplace_back([&] {
      PostgresOptions mine = database_->options();
      if (PostgresStore::create(std::move(mine))) ++good;
    });
  }
  for (std::thread& program : programs)
    program.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(database_->sql("SELECT count(*) FROM migrations"), std::to_string(postgres::migrations().size()));
}

TEST_F(PostgresStoreTest, AServerThatMayLoseWhatItAcknowledgedIsRefused) {
  created();
  database_->sql("ALTER SYSTEM SET fsync = off");
  database_->sql("SELECT pg_reload_conf()");
  while (database_->sql("SHOW fsync") == "on")
    std::this_thread::yield();
  EXPECT_THAT(PostgresStore::open(options()), fails_with(ErrorCode::storage, "fsync = off"));
  database_->sql("ALTER SYSTEM RESET fsync");
  database_->sql("SELECT pg_reload_conf()");
  while (database_->sql("SHOW fsync") == "off")
    std::this_thread::yield();
  EXPECT_THAT(PostgresStore::open(options()), is_ok());
}

TEST_F(PostgresStoreTest, CommitsWaitForTheDiskWhateverTheDatabaseSays) {
  for (const auto& [setting, kept] : {std::pair("off", "on"), {"local", "on"}, {"remote_apply", "remote_apply"}}) {
    database_->sql(fmt::format("ALTER DATABASE {} SET synchronous_commit = {}", database_->name(), setting));
    const auto connection = postgres::PostgresConnection::open(options()).value();
    std::string found;
    ASSERT_THAT(connection->run("", "SELECT current_setting('synchronous_commit')", sql::Binder(),
                                [&](sql::RowReader& row) -> Result<void> {
                                  found = row.text();
                                  return {};
                                }),
                is_ok());
    EXPECT_EQ(found, kept) << setting;
  }
}

TEST_F(PostgresStoreTest, ADatabaseWithoutUtf8IsRefused) {
  const std::string name = database_->name() + "_latin";
  database_->sql("CREATE DATABASE " + name +
                 " OWNER kip TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
  PostgresOptions latin = options();
  latin.database = name;
  EXPECT_THAT(PostgresStore::create(std::move(latin)), fails_with(ErrorCode::storage, "UTF8"));
  database_->sql("DROP DATABASE " + name);
}

TEST_F(PostgresStoreTest, WhatCannotBeReachedIsSaidSo) {
  PostgresOptions nowhere = options();
  nowhere.host += "/nothing";
  EXPECT_THAT(PostgresStore::open(std::move(nowhere)), fails_with(ErrorCode::storage, "connecting to the database"));
  PostgresOptions missing = options();
  missing.database = "missing";
  EXPECT_THAT(PostgresStore::open(std::move(missing)), fails_with(ErrorCode::not_found, "3D000"));
  PostgresOptions stranger = options();
  stranger.user = "stranger";
  EXPECT_THAT(PostgresStore::open(std::move(stranger)), fails_with(ErrorCode::denied, "28000"));
}

TEST_F(PostgresStoreTest, APasswordIsShownWhereOneIsAskedFor) {
  database_->sql("CREATE ROLE secret LOGIN PASSWORD 'right one'");
  const auto open = [&](const char* password) {
    PostgresOptions asked = options();
    asked.user = "secret";
    asked.password = SecretBytes(password);
    return postgres::PostgresConnection::open(asked);
  };
  EXPECT_THAT(open("right one"), is_ok());
  EXPECT_THAT(open("wrong one"), fails_with(ErrorCode::denied, "28P01"));
  database_->sql("DROP ROLE secret");
}

TEST_F(PostgresStoreTest, AfterAFailureNothingIsCommitted) {
  const auto store = created();
  ASSERT_THAT(record(*store, 1), is_ok());
  {
    const auto unit = store->begin(kTenant, Access::write).value();
    ASSERT_THAT(unit->events().append(event_id(2), "t", "e", {}), is_ok());
    EXPECT_THAT(unit->events().append(event_id(1), "t", "e", {}), fails_with(ErrorCode::conflict));
    EXPECT_THAT(unit->commit(), fails_with(ErrorCode::storage, "nothing was changed"));
  }
  EXPECT_EQ(last(*store), 1);
  EXPECT_EQ(record(*store, 2).value(), 2);
}

TEST_F(PostgresStoreTest, ATextWithANulIsRefused) {
  const auto store = created();
  const auto unit = store->begin(kTenant, Access::write).value();
  EXPECT_THAT(unit->use_nonce(std::string_view("a\0b", 3), {}, {}), fails_with(ErrorCode::malformed, "NUL"));
}

TEST_F(PostgresStoreTest, AConnectionThatIsEndedFailsItsUnitAndNoOther) {
  const auto store = created();
  {
    const auto unit = store->begin(kTenant, Access::write).value();
    ASSERT_THAT(unit->events().append(event_id(1), "t", "e", {}), is_ok());
    end_sessions();
    EXPECT_THAT(unit->events().append(event_id(2), "t", "e", {}), fails_with(ErrorCode::busy, "try again"));
    EXPECT_THAT(unit->commit(), fails_with(ErrorCode::busy, "nothing was changed"));
  }
  EXPECT_EQ(record(*store, 1).value(), 1);
}

TEST_F(PostgresStoreTest, ACommitThatIsCutOffIsNoSuccess) {
  const auto store = created();
  const auto unit = store->begin(kTenant, Access::write).value();
  ASSERT_THAT(unit->events().append(event_id(1), "t", "e", {}), is_ok());
  end_sessions();
  EXPECT_THAT(unit->commit(), fails_with(ErrorCode::busy, "nobody knows"));
}

TEST_F(PostgresStoreTest, ConnectionsThatWereEndedWhileTheyWaitedAreMadeAgain) {
  const auto store = created();
  {
    const auto one = store->begin(kTenant, Access::read).value();
    const auto two = store->begin(kTenant, Access::read).value();
  }
  end_sessions();
  EXPECT_THAT(record(*store, 1), is_ok());
}

TEST(PostgresOutage, OneAtATimeAsksInItsEnd) {
  using std::chrono::milliseconds;
  const postgres::Outage::Time start{};
  postgres::Outage outage(milliseconds(30), milliseconds(100));
  EXPECT_TRUE(outage.may_ask(start));
  outage.begin(start);
  EXPECT_TRUE(outage.is_on(start + milliseconds(29)));
  EXPECT_FALSE(outage.may_ask(start + milliseconds(29)));
  EXPECT_TRUE(outage.may_ask(start + milliseconds(30)));
  EXPECT_FALSE(outage.may_ask(start + milliseconds(159))) << "somebody asks";
  outage.end();
  EXPECT_TRUE(outage.may_ask(start + milliseconds(159)));
  EXPECT_FALSE(outage.is_on(start + milliseconds(159)));
}

TEST_F(PostgresStoreTest, AServerThatStandsStillIsWaitedForOnce) {
  const auto store = created();
  store->expect_prompt_answers();
  const auto reader = store->begin(kTenant, Access::read).value();
  auto writer = store->begin(kTenant, Access::write).value();
  ASSERT_THAT(writer->events().append(event_id(1), "t", "e", {}), is_ok());
  {
    const auto standstill = database_->standstill();
    EXPECT_THAT(reader->events().last_index(), fails_with(ErrorCode::busy, "does not answer"));
    EXPECT_THAT(writer->commit(), fails_with(ErrorCode::busy, "nobody knows"));
    writer.reset();
    EXPECT_EQ(why_.size(), 2U);
    for (const Access access : {Access::read, Access::write})
      EXPECT_THAT(store->begin(kTenant, access), fails_with(ErrorCode::busy, "cannot be reached at the moment"));
    EXPECT_EQ(why_.size(), 2U) << "it was asked again";
  }
  EXPECT_TRUE(is_picked_up(*store));
}

TEST_F(PostgresStoreTest, WhoIsToldThatTheServerIsGoneIsNotToldWhereItWas) {
  const auto store = created();
  PostgresDatabase::kill_server();
  const auto begun = store->begin(kTenant, Access::read);
  PostgresDatabase::start_server();
  ASSERT_THAT(begun, fails_with(ErrorCode::busy));
  EXPECT_EQ(begun.error().message, "the database cannot be reached at the moment; try again");
  EXPECT_THAT(why_.front(), HasSubstr(database_->options().host));
  EXPECT_TRUE(is_picked_up(*store));
}

TEST_F(PostgresStoreTest, AWriterOfAnotherProgramIsWaitedForAWhile) {
  const auto store = created();
  const auto other = PostgresStore::open(options()).value();
  const auto unit = other->begin(kTenant, Access::write).value();
  EXPECT_THAT(store->begin(kTenant, Access::write), fails_with(ErrorCode::busy, "55P03"));
  EXPECT_THAT(store->begin(kTenant, Access::read), is_ok());
}

TEST_F(PostgresStoreTest, WritersOfSeveralProgramsLeaveNoGap) {
  constexpr int kPrograms = 3;
  constexpr int kEach = 20;
  ASSERT_THAT(PostgresStore::create(database_->options()), is_ok());
  std::atomic<int> number = 0;
  std::vector<std::thread> programs;
  for (int i = 0; i < kPrograms; ++i) {
    programs.emplace_back([&] {
      const auto store = PostgresStore::open(database_->options()).value();
      for (int j = 0; j < kEach; ++j)
        KIP_CHECK(record(*store, ++number).has_value());
    });
  }
  for (std::thread& program : programs)
    program.join();
  EXPECT_EQ(database_->sql("SELECT count(*) || ' ' || max(position) FROM events"), "60 60");
}

TEST_F(PostgresStoreTest, NoMoreConnectionsAreMadeThanAreAllowed) {
  created();
  PostgresOptions one = options();
  one.connections = 1;
  const auto store = PostgresStore::open(std::move(one)).value();
  const auto reader = store->begin(kTenant, Access::read).value();
  EXPECT_THAT(store->begin(kTenant, Access::read), fails_with(ErrorCode::busy, "postgresql.connections"));
}

TEST_F(PostgresStoreTest, AServerWithAllItsConnectionsInUseIsBusy) {
  const auto store = created();
  const auto reader = store->begin(kTenant, Access::read).value();
  database_->sql("ALTER ROLE kip CONNECTION LIMIT 1");
  const auto second = store->begin(kTenant, Access::read);
  database_->sql("ALTER ROLE kip CONNECTION LIMIT -1");
  EXPECT_THAT(second, fails_with(ErrorCode::busy, "cannot be reached"));
  EXPECT_THAT(why_.back(), HasSubstr("53300"));
  EXPECT_THAT(store->begin(kTenant, Access::read), is_ok()) << "it is there";
}

/// Records events without pause and remembers which were acknowledged, until it is told to stop.
class Recording {
 public:
  Recording(Store& store, std::atomic<int>& number) : store_(store), number_(number) {}

  void run() {
    while (!stop_) {
      const int number = ++number_;
      const auto unit = store_.begin(kTenant, Access::write);
      if (!unit) continue;
      const auto index = (*unit)->events().append(event_id(number), "t", "e", {});
      if (!index || !(*unit)->commit()) continue;
      const std::lock_guard lock(mutex_);
      acknowledged_.emplace(*index, number);
      grown_.notify_all();
    }
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    grown_.wait(lock, [&] { return acknowledged_.size() >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
  }
  void stop() { stop_ = true; }
  const std::map<std::int64_t, int>& acknowledged() const { return acknowledged_; }

 private:
  Store& store_;
  std::atomic<int>& number_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable grown_;
  std::map<std::int64_t, int> acknowledged_;
};

TEST_F(PostgresStoreTest, AKilledDatabaseServerLosesNothingAcknowledgedAndIsPickedUpAgain) {
  const auto store = created();
  std::atomic<int> number = 0;
  Recording first(*store, number);
  Recording second(*store, number);
  std::thread one([&] { first.run(); });
  std::thread two([&] { second.run(); });
  for (int kill = 0; kill < 2; ++kill) {
    first.wait_for(first.count() + 20);
    PostgresDatabase::kill_server();
    PostgresDatabase::start_server();
  }
  first.wait_for(first.count() + 20);
  second.wait_for(second.count() + 20);
  first.stop();
  second.stop();
  one.join();
  two.join();
  std::map<std::int64_t, std::string> kept;
  for (const StoredEvent& event : store->begin(kTenant, Access::read).value()->events().after(0, 1'000'000).value())
    kept.emplace(event.index, event.id.str());
  ASSERT_EQ(kept.rbegin()->first, static_cast<std::int64_t>(kept.size())) << "there are gaps";
  for (const Recording* recording : {&first, &second}) {
    for (const auto& [index, event] : recording->acknowledged())
      ASSERT_EQ(kept.at(index), event_id(event).str()) << "what was acknowledged is lost";
  }
}

}  // namespace
}  // namespace kip::server
