#include <fstream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <server/storage/sqlite/migrations.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "kip.db"; }

  void record_one() {
    const auto store = SqliteStore::open(path()).value();
    const auto unit = store->begin(TenantId::parse("t").value(), Access::write).value();
    ASSERT_THAT(unit->events().append(EventId::make({}, {}), "t", "e", {}), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }

  kip::testing::TemporaryDirectory folder_;
};

TEST_F(SqliteStoreTest, TheDatabaseItselfRefusesToChangeHistory) {
  record_one();
  SQLite::Database database(path().string(), SQLite::OPEN_READWRITE);
  EXPECT_THROW(database.exec("UPDATE events SET envelope = 'x'"), SQLite::Exception);
  EXPECT_THROW(database.exec("DELETE FROM events"), SQLite::Exception);
  EXPECT_THROW(database.exec("INSERT INTO events VALUES ('t', 3, 'i', 't', x'00', 0)"), SQLite::Exception);
  EXPECT_NO_THROW(database.exec("INSERT INTO events VALUES ('t', 2, 'i', 't', x'00', 0)"));
}

TEST_F(SqliteStoreTest, OnlyAnEnvelopeCanBeDestroyed) {
  record_one();
  SQLite::Database database(path().string(), SQLite::OPEN_READWRITE);
  for (const char* change :
       {"position = 7", "id = 'x'", "type = 'x'", "recorded = 7", "tenant = 'x'", "envelope = x'00'"})
    EXPECT_THROW(database.exec(std::string("UPDATE events SET envelope = x'', ") + change), SQLite::Exception)
        << change;
  EXPECT_EQ(database.exec("UPDATE events SET envelope = x''"), 1);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM events WHERE length(envelope) = 0").getInt(), 1);
}

TEST_F(SqliteStoreTest, ItIsDurableAtEachCommit) {
  record_one();
  SQLite::Database database(path().string(), SQLite::OPEN_READWRITE);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST_F(SqliteStoreTest, ACopyIsOfOneMomentAndReplacesNothing) {
  record_one();
  const auto copy = folder_.path() / "copy.db";
  {
    const auto store = SqliteStore::open(path()).value();
    const auto writing = store->begin(TenantId::parse("t").value(), Access::write).value();
    ASSERT_THAT(writing->events().append(EventId::make({}, {1}), "t", "e", {}), is_ok());
    ASSERT_THAT(SqliteStore::copy(path(), copy), is_ok()) << "beside a writer";
  }
  EXPECT_THAT(SqliteStore::copy(path(), copy), fails_with(ErrorCode::conflict));
  EXPECT_THAT(SqliteStore::copy(folder_.path() / "none.db", folder_.path() / "x"), fails_with(ErrorCode::not_found));
  const auto store = SqliteStore::open(copy).value();
  EXPECT_EQ(store->begin(TenantId::parse("t").value(), Access::read).value()->events().last_index().value(), 1);
}

TEST_F(SqliteStoreTest, ADamagedFileIsFound) {
  record_one();
  EXPECT_THAT(SqliteStore::check(path()), is_ok());
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    constexpr int kPage = 4096;
    file.seekp(kPage);
    file << std::string(10 * kPage, 'x');
  }
  EXPECT_FALSE(SqliteStore::check(path()).has_value());
}

TEST_F(SqliteStoreTest, WhoeverIsAskedBeforeAMigrationCanPreventIt) {
  record_one();
  const auto last = static_cast<std::int64_t>(sqlite::migrations().size());
  const auto present = [&] {
    SQLite::Database database(path().string());
    return database.execAndGet("SELECT max(number) FROM migrations").getInt64();
  };
  int asked = 0;
  const auto refuse = [&](std::int64_t from, std::int64_t to) -> Result<void> {
    ++asked;
    EXPECT_EQ(from, last - 1);
    EXPECT_EQ(to, last);
    return fail(ErrorCode::disk_full, "no room for a copy");
  };
  EXPECT_THAT(SqliteStore::open(path(), refuse), is_ok()) << "nothing is to be migrated";
  EXPECT_EQ(asked, 0);
  SQLite::Database(path().string(), SQLite::OPEN_READWRITE)
      .exec("DELETE FROM migrations WHERE number = " + std::to_string(last));
  EXPECT_THAT(SqliteStore::open(path(), refuse), fails_with(ErrorCode::disk_full));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(present(), last - 1);
}

TEST_F(SqliteStoreTest, ADatabaseOfANewerProgramIsRefused) {
  record_one();
  SQLite::Database(path().string(), SQLite::OPEN_READWRITE).exec("INSERT INTO migrations VALUES (9999, 'later')");
  EXPECT_THAT(SqliteStore::open(path()), fails_with(ErrorCode::conflict, "use the newer program"));
}

TEST_F(SqliteStoreTest, ADatabaseOfAnEarlierProgramKeepsItsInstalls) {
  {
    SQLite::Database database(path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(std::string(sqlite::migrations().front().text));
    database.exec("CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
    database.exec("INSERT INTO migrations VALUES (1, '0001_initial.sql')");
    database.exec("INSERT INTO enrolment_codes VALUES ('t', zeroblob(32), '0101243150', 'forms', 'desk', 0)");
  }
  const auto store = SqliteStore::open(path()).value();
  const auto unit = store->begin(TenantId::parse("t").value(), Access::read).value();
  const auto codes = unit->projection().codes.all();
  ASSERT_THAT(codes, is_ok());
  EXPECT_EQ(codes->at(0).label, "desk");
  EXPECT_FALSE(codes->at(0).replaces);
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(path()) << std::string(4096, 'x');
  EXPECT_THAT(SqliteStore::open(path()), fails_with(ErrorCode::storage, "not a database"));
}

TEST_F(SqliteStoreTest, TwoProcessesCanUseOneFile) {
  const auto first = SqliteStore::open(path()).value();
  record_one();
  const auto unit = first->begin(TenantId::parse("t").value(), Access::read).value();
  EXPECT_EQ(unit->events().last_index().value(), 1);
}

}  // namespace
}  // namespace kip::server
