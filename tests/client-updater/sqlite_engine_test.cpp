#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <client-updater/databases/sqlite_engine.hpp>
#include <signing/crypto/sha256.hpp>
#include <testing/files.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

/// A clock that moves at each look, for what must end by itself.
class RunningClock final : public Clock {
 public:
  Instant now() const override { return now_ += step; }
  std::chrono::milliseconds step{0};

 private:
  mutable Instant now_ = parse_instant("2026-01-01T00:00:00Z").value();
};

class SqliteEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    run("CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT)");
    run("CREATE TABLE entry (id INTEGER PRIMARY KEY, account INTEGER REFERENCES account (id))");
    run("INSERT INTO account VALUES (1, 'cash'), (2, 'bank')");
    run("INSERT INTO entry VALUES (1, 1), (2, 2)");
  }

  void run(const std::string& sql) {
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }
  std::string ask(const std::string& sql) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    return database.execAndGet(sql).getString();
  }
  static MigrationScript script(std::int64_t number, std::string text) {
    return {number, "sql/" + std::to_string(number) + ".sql", sha256(text), std::move(text)};
  }
  MigrationStamp stamp(std::string update = "u1") const {
    return {std::move(update), "ledger", *Version::parse("1.1"), clock.now()};
  }
  Result<void> migrate(const std::vector<MigrationScript>& scripts, const std::string& update = "u1") {
    KIP_TRY(const auto database, engine.open(which));
    KIP_TRY_VOID(database->migrate(scripts, stamp(update)));
    return database->commit();
  }

  testing::TemporaryDirectory directory;
  RunningClock clock;
  SqliteEngine engine{clock};
  std::filesystem::path file = directory.path() / "ledger.sqlite";
  AttachedDatabase which{"ledger", file.string(), clock.now()};
};

TEST_F(SqliteEngineTest, RecordsEachMigrationBesideWhatItDoes) {
  EXPECT_EQ(engine.level(which).value(), MigrationLevel{});
  ASSERT_THAT(migrate({script(1, "ALTER TABLE account ADD vat TEXT; -- and\nUPDATE account SET vat = '8%';\n"),
                       script(2, "CREATE INDEX by_name ON account (name)")}),
              is_ok());
  EXPECT_EQ(engine.level(which).value(), (MigrationLevel{2, "u1"}));
  EXPECT_EQ(ask("SELECT group_concat(vat) FROM account"), "8%,8%");
  EXPECT_EQ(ask("SELECT group_concat(number || kind || script || release_version || update_id || applied_at, ' ') FROM "
                "kip_migration"),
            "1ledgersql/1.sql1.1u12026-01-01T00:00:00Z 2ledgersql/2.sql1.1u12026-01-01T00:00:00Z");
}

TEST_F(SqliteEngineTest, KeepsNothingOfWhatWasNotCommitted) {
  {
    const auto database = engine.open(which);
    ASSERT_THAT(database, is_ok());
    ASSERT_THAT((*database)->migrate({script(1, "DELETE FROM entry")}, stamp()), is_ok());
  }
  EXPECT_EQ(engine.level(which)->number, 0);
  EXPECT_EQ(ask("SELECT count(*) FROM entry"), "2");
}

TEST_F(SqliteEngineTest, LetsMigrationsRebuildATableThatOthersReferTo) {
  ASSERT_THAT(migrate({script(1,
                              "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT);\n"
                              "INSERT INTO new (id, name) SELECT id, name FROM account;\n"
                              "DROP TABLE account; ALTER TABLE new RENAME TO account;")}),
              is_ok());
  EXPECT_EQ(ask("SELECT count(*) FROM entry JOIN account ON account.id = entry.account"), "2");
}

struct Refusal {
  const char* name;
  const char* sql;
  ErrorCode code;
  const char* part;
};

void PrintTo(const Refusal& row, std::ostream* out) {
  *out << row.name;
}

class RefusedScript : public SqliteEngineTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedScript, LeavesTheDatabaseAsItWas) {
  const auto done = migrate({script(1, "UPDATE account SET name = 'x';\n" + std::string(GetParam().sql))});
  EXPECT_THAT(done, fails_with(GetParam().code, GetParam().part));
  EXPECT_THAT(done, fails_with(GetParam().code, "migration 1 (sql/1.sql), line 2"));
  EXPECT_EQ(ask("SELECT group_concat(name) FROM account"), "cash,bank");
  EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'kip_migration'"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedScript,
    ::testing::Values(
        Refusal{"attach", "ATTACH '/tmp/other' AS other", ErrorCode::malformed, "may not use ATTACH"},
        Refusal{"vacuum_into", "VACUUM INTO '/tmp/other'", ErrorCode::conflict, "within a transaction"},
        Refusal{"commit", "COMMIT", ErrorCode::malformed, "may not use BEGIN, COMMIT or ROLLBACK"},
        Refusal{"rollback", "ROLLBACK", ErrorCode::malformed, "may not use BEGIN, COMMIT or ROLLBACK"},
        Refusal{"end", "END TRANSACTION", ErrorCode::malformed, "may not use BEGIN, COMMIT or ROLLBACK"},
        Refusal{"savepoint", "SAVEPOINT a", ErrorCode::malformed, "may not use SAVEPOINT"},
        Refusal{"pragma", "PRAGMA writable_schema = ON", ErrorCode::malformed, "PRAGMA writable_schema"},
        Refusal{"pragma_journal", "PRAGMA journal_mode = OFF", ErrorCode::malformed, "PRAGMA journal_mode"},
        Refusal{"extension", "SELECT load_extension('/tmp/x.so')", ErrorCode::malformed, "load_extension()"},
        Refusal{"schema", "DELETE FROM sqlite_schema", ErrorCode::conflict, "may not be modified"},
        Refusal{"own_record", "INSERT INTO KIP_migration (number) VALUES (9)", ErrorCode::malformed, "kip_migration"},
        Refusal{"own_table", "DROP TABLE kip_migration", ErrorCode::malformed, "kip_migration"},
        Refusal{"own_trigger", "CREATE TRIGGER t AFTER INSERT ON kip_migration BEGIN SELECT 1; END",
                ErrorCode::malformed, "kip_migration"},
        Refusal{"module", "CREATE VIRTUAL TABLE v USING csv(filename='/etc/passwd')", ErrorCode::malformed, "by csv"},
        Refusal{"mistake", "UPDATE acount SET name = 1", ErrorCode::conflict, "no such table: acount"},
        Refusal{"constraint", "INSERT INTO account VALUES (1, 'again')", ErrorCode::conflict, "UNIQUE"},
        Refusal{"syntax", "UPDAT", ErrorCode::conflict, "syntax error"}),
    [](const auto& row) { return row.param.name; });

TEST_F(SqliteEngineTest, RefusesToBreakReferences) {
  EXPECT_THAT(migrate({script(1, "DELETE FROM account WHERE id = 1")}), fails_with(ErrorCode::conflict, "1 rows of"));
  // What was broken before is not the migration's doing.
  run("INSERT INTO entry VALUES (3, 99)");
  EXPECT_THAT(migrate({script(1, "CREATE TABLE more (x)")}), is_ok());
}

TEST_F(SqliteEngineTest, EndsAScriptThatNeverEnds) {
  clock.step = std::chrono::minutes(1);
  EXPECT_THAT(
      migrate({script(1, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")}),
      fails_with(ErrorCode::conflict, "took more than an hour"));
  EXPECT_EQ(engine.level(which)->number, 0);
}

TEST_F(SqliteEngineTest, TakesOnlyText) {
  EXPECT_THAT(migrate({script(1, "SELECT '\xff'")}), fails_with(ErrorCode::malformed, "UTF-8"));
  EXPECT_THAT(migrate({script(1, std::string("SELECT 1;\0DROP TABLE account", 27))}),
              fails_with(ErrorCode::malformed, "UTF-8"));
}

class JournalModes : public SqliteEngineTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    SqliteEngineTest::SetUp();
    run(std::string("PRAGMA journal_mode = ") + GetParam());
  }
};

TEST_P(JournalModes, NobodyElseIsInADatabaseThatIsOpen) {
  const auto database = engine.open(which);
  ASSERT_THAT(database, is_ok());
  SQLite::Database other(file.string(), SQLite::OPEN_READWRITE);
  EXPECT_THROW(other.exec("SELECT * FROM account"), SQLite::Exception);
}

TEST_P(JournalModes, ADatabaseInUseIsLeftAlone) {
  SQLite::Database other(file.string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE; UPDATE account SET name = 'x'");
  EXPECT_THAT(engine.open(which), fails_with(ErrorCode::busy, "close the application"));
}

TEST_P(JournalModes, ASnapshotBringsEverythingBack) {
  const auto snapshot = directory.path() / "snapshot";
  {
    const auto database = engine.open(which);
    ASSERT_THAT(database, is_ok());
    ASSERT_THAT((*database)->snapshot(snapshot), is_ok());
    ASSERT_THAT((*database)->migrate({script(1, "DROP TABLE entry; UPDATE account SET name = 'x'")}, stamp()), is_ok());
    ASSERT_THAT((*database)->commit(), is_ok());
  }
  EXPECT_EQ(engine.level(which)->number, 1);
  {
    const auto database = engine.open(which);
    ASSERT_THAT(database, is_ok());
    ASSERT_THAT((*database)->restore(snapshot), is_ok());
  }
  EXPECT_EQ(engine.level(which)->number, 0);
  EXPECT_EQ(ask("SELECT group_concat(name) FROM account"), "cash,bank");
  EXPECT_EQ(ask("SELECT count(*) FROM entry"), "2");
  EXPECT_EQ(ask("PRAGMA journal_mode"), GetParam());
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
}

TEST_P(JournalModes, ARehearsalChangesOnlyItsCopy) {
  ASSERT_THAT(engine.rehearse(which, {script(1, "DROP TABLE entry; DELETE FROM account")}, stamp(), directory.path()),
              is_ok());
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
  EXPECT_EQ(engine.level(which)->number, 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, JournalModes, ::testing::Values("delete", "wal"),
                         [](const auto& row) { return std::string(row.param); });

TEST_F(SqliteEngineTest, ARehearsalThatFailsNamesTheDatabaseAndNotItsCopy) {
  EXPECT_THAT(engine.rehearse(which, {script(1, "UPDATE x SET y = 1")}, stamp(), directory.path()),
              fails_with(ErrorCode::conflict, "line 1, on a copy of " + which.location));
}

TEST_F(SqliteEngineTest, RehearsesBesideAnApplicationThatReads) {
  SQLite::Database other(file.string(), SQLite::OPEN_READWRITE);
  SQLite::Statement reading(other, "SELECT * FROM account");
  ASSERT_TRUE(reading.executeStep());
  EXPECT_THAT(engine.rehearse(which, {script(1, "DELETE FROM entry")}, stamp(), directory.path()), is_ok());
}

TEST_F(SqliteEngineTest, SaysWhatIsNoDatabase) {
  which.location = (directory.path() / "none").string();
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::not_found, "database detach"));
  EXPECT_THAT(engine.open(which), fails_with(ErrorCode::not_found));
  which.location = directory.path().string();
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::malformed, "no regular file"));
  std::filesystem::create_symlink(file, directory.path() / "link");
  which.location = (directory.path() / "link").string();
  EXPECT_THAT(engine.open(which), fails_with(ErrorCode::malformed, "no regular file"));
  which.location = (directory.path() / "text").string();
  testing::write_file(which.location, std::string(5000, 'x'));
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::malformed, "no SQLite database"));
}

TEST_F(SqliteEngineTest, TellsAnotherKindOfDatabase) {
  ASSERT_THAT(migrate({script(1, "CREATE TABLE more (x)")}), is_ok());
  which.kind = "stock";
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::conflict, "migrations of a ledger database"));
}

TEST_F(SqliteEngineTest, FindsADamagedDatabaseBeforeAnythingIsDone) {
  run("CREATE TABLE big (x)");
  run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO big SELECT i || "
      "'text' FROM n");
  std::string bytes = testing::read_file(file.string());
  std::fill(bytes.end() - 6000, bytes.end() - 2000, '\x7f');
  testing::write_file(file.string(), bytes);
  EXPECT_THAT(engine.rehearse(which, {script(1, "CREATE TABLE more (x)")}, stamp(), directory.path()),
              fails_with(ErrorCode::integrity, "is damaged, and was so before"));
}

TEST_F(SqliteEngineTest, AnswersAQueryThatOnlyReads) {
  EXPECT_EQ(engine.ask(which, "SELECT count(*) FROM account").value(), "2");
  EXPECT_EQ(engine.ask(which, "SELECT name FROM account WHERE id = 2").value(), "bank");
  EXPECT_THAT(engine.ask(which, "DELETE FROM account"), fails_with(ErrorCode::malformed, "may not change anything"));
  EXPECT_THAT(engine.ask(which, "PRAGMA user_version = 3"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(engine.ask(which, "SELECT name FROM account"), fails_with(ErrorCode::conflict, "more than one row"));
  EXPECT_THAT(engine.ask(which, "SELECT 1, 2"), fails_with(ErrorCode::conflict, "more than one column"));
  EXPECT_THAT(engine.ask(which, "SELECT 1 WHERE 0"), fails_with(ErrorCode::conflict, "no row"));
  EXPECT_THAT(engine.ask(which, "SELECT x"), fails_with(ErrorCode::conflict, "no such column"));
  EXPECT_THAT(engine.ask(which, ""), fails_with(ErrorCode::conflict));
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
}

}  // namespace
}  // namespace kip::updater
