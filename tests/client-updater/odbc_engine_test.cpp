// Against a real server, which tests/testing/with_postgresql.sh starts; without one, these tests are skipped.

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <client-updater/databases/all_engines.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/files.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::Not;

class OdbcEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* connection = std::getenv("KIP_TEST_ODBC");
    if (connection == nullptr) GTEST_SKIP() << "no database server: run it by with_postgresql.sh";
    write(connection);
    psql(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE account (id int PRIMARY KEY, name text); "
        "INSERT INTO account VALUES (1, 'cash'), (2, 'ngân hàng')");
  }

  void write(const std::string& connection) {
    testing::write_file(file.string(), connection + "\n");
    ::chmod(file.c_str(), 0600);
  }
  /// As the server's administrator.
  void psql(const std::string& sql) {
    const std::string script = (directory.path() / "script").string();
    testing::write_file(script, sql);
    ASSERT_EQ(std::system(("psql -q -v ON_ERROR_STOP=1 -f " + script + " 2>/dev/null").c_str()), 0) << sql;
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
  std::string ask(const std::string& sql) { return engine.ask(which, sql).value(); }

  testing::TemporaryDirectory directory;
  testing::SimulatedClock clock{"2026-01-01T00:00:00Z"};
  PosixFileSystem files;
  AllEngines engine{files, clock};
  std::filesystem::path file = directory.path() / "ledger.odbc";
  AttachedDatabase which{"ledger", file.string(), clock.now(), DatabaseMake::odbc};
};

TEST_F(OdbcEngineTest, RecordsEachMigrationBesideWhatItDoes) {
  EXPECT_EQ(engine.level(which).value(), MigrationLevel{});
  ASSERT_THAT(
      migrate(
          {script(1, "ALTER TABLE account ADD vat text;\nUPDATE account SET vat = '8%; thuế';"),
           script(2, "CREATE FUNCTION twice(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN $1 * 2; END $$;")}),
      is_ok());
  EXPECT_EQ(engine.level(which).value(), (MigrationLevel{2, "u1"}));
  ASSERT_THAT(migrate({script(3, "UPDATE account SET id = twice(id) WHERE false")}, "u2"), is_ok());
  EXPECT_EQ(engine.level(which).value(), (MigrationLevel{3, "u2"}));
  EXPECT_EQ(ask("SELECT string_agg(vat, ' ' ORDER BY id) FROM account"), "8%; thuế 8%; thuế");
  EXPECT_EQ(ask("SELECT kind || script || release_version || applied_at FROM kip_migration WHERE number = 1"),
            "ledgersql/1.sql1.12026-01-01T00:00:00Z");
  EXPECT_EQ(ask("SELECT count(DISTINCT sha256) FROM kip_migration"), "3");
}

TEST_F(OdbcEngineTest, KeepsNothingOfWhatWasNotCommitted) {
  {
    const auto database = engine.open(which);
    ASSERT_THAT(database, is_ok());
    ASSERT_THAT((*database)->migrate({script(1, "DELETE FROM account; CREATE TABLE more (x int)")}, stamp()), is_ok());
  }
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
  EXPECT_EQ(engine.level(which)->number, 0);
}

TEST_F(OdbcEngineTest, AScriptThatFailsIsNamedAndLeavesNothing) {
  EXPECT_THAT(migrate({script(1, "UPDATE account SET name = 'x';\nUPDATE acount SET name = 'x'")}),
              fails_with(ErrorCode::conflict, "migration 1 (sql/1.sql), line 2"));
  EXPECT_THAT(migrate({script(1, "UPDATE account SET name = 'x';\nINSERT INTO account VALUES (1, 'again')")}),
              fails_with(ErrorCode::conflict, "account_pkey"));
  EXPECT_EQ(ask("SELECT name FROM account WHERE id = 2"), "ngân hàng");
  EXPECT_EQ(ask("SELECT count(*) FROM pg_tables WHERE tablename = 'kip_migration'"), "0");
}

TEST_F(OdbcEngineTest, AScriptCannotEndTheTransaction) {
  EXPECT_THAT(migrate({script(1, "DELETE FROM account;\nCOMMIT")}),
              fails_with(ErrorCode::malformed, "line 2: a migration may not use commit"));
  EXPECT_THAT(migrate({script(1, "DELETE FROM account; DO $$ BEGIN COMMIT; END $$")}),
              fails_with(ErrorCode::conflict, "invalid transaction termination"));
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
}

TEST_F(OdbcEngineTest, ARehearsalIsUndone) {
  ASSERT_THAT(engine.rehearse(which, {script(1, "DELETE FROM account")}, stamp(), directory.path()), is_ok());
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
  EXPECT_EQ(engine.level(which)->number, 0);
  EXPECT_THAT(engine.rehearse(which, {script(1, "DELETE FROM acount")}, stamp(), directory.path()),
              fails_with(ErrorCode::conflict, "acount"));
}

TEST_F(OdbcEngineTest, HasNoWayBack) {
  const auto database = engine.open(which);
  ASSERT_THAT(database, is_ok());
  EXPECT_FALSE((*database)->can_be_restored());
  EXPECT_THAT((*database)->snapshot(directory.path() / "x"), fails_with(ErrorCode::conflict));
}

TEST_F(OdbcEngineTest, AQueryChangesNothing) {
  EXPECT_EQ(ask("SELECT name FROM account WHERE id = 2;"), "ngân hàng");
  EXPECT_EQ(ask("DELETE FROM account WHERE id = 2 RETURNING id"), "2");
  EXPECT_EQ(ask("SELECT count(*) FROM account"), "2");
  EXPECT_THAT(engine.ask(which, "SELECT name FROM account"), fails_with(ErrorCode::conflict, "more than one row"));
  EXPECT_THAT(engine.ask(which, "SELECT 1, 2"), fails_with(ErrorCode::conflict, "more than one column"));
  EXPECT_THAT(engine.ask(which, "SELECT 1 WHERE false"), fails_with(ErrorCode::conflict, "no row"));
  EXPECT_THAT(engine.ask(which, "SELECT 1; SELECT 2"), fails_with(ErrorCode::conflict, "not one statement"));
  EXPECT_THAT(engine.ask(which, "COMMIT"), fails_with(ErrorCode::malformed, "may not use commit"));
}

TEST_F(OdbcEngineTest, TellsAnotherKindOfDatabase) {
  ASSERT_THAT(migrate({script(1, "CREATE TABLE more (x int)")}), is_ok());
  which.kind = "stock";
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::conflict, "migrations of a ledger database"));
}

TEST_F(OdbcEngineTest, KeepsTheConnectionStringToItself) {
  ::chmod(file.c_str(), 0640);
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::denied, "chmod 600"));
  write("Driver=PostgreSQL Unicode;Servername=127.0.0.1;Port=1;Uid=me;Pwd=hush");
  const auto unreachable = engine.level(which);
  EXPECT_THAT(unreachable, fails_with(ErrorCode::network));
  EXPECT_THAT(unreachable.error().message, Not(HasSubstr("hush")));
  write("Driver=No Such Driver");
  EXPECT_THAT(engine.level(which), fails_with(ErrorCode::network, "No Such Driver"));
}

}  // namespace
}  // namespace kip::updater
