#include <charconv>

#include <fmt/format.h>

#include <client-updater/databases/odbc_engine.hpp>
#include <client-updater/databases/sql_statements.hpp>
#include <manifests/core/unicode.hpp>

#include "odbc_connection.hpp"

namespace kip::updater {
namespace {

using odbc::Connection;

constexpr std::uint64_t kMaxConnectionString = 4096;
constexpr const char* kTableName = "kip_migration";
constexpr const char* kTable =
    "CREATE TABLE kip_migration (number BIGINT NOT NULL PRIMARY KEY, kind VARCHAR(64) NOT NULL, script VARCHAR(1024) "
    "NOT NULL, sha256 VARCHAR(64) NOT NULL, release_version VARCHAR(64) NOT NULL, update_id VARCHAR(64) NOT NULL, "
    "applied_at VARCHAR(32) NOT NULL)";

Result<Connection> connect(FileSystem& files, const AttachedDatabase& which) {
  KIP_TRY_VOID(expect_private(files, which.location));
  KIP_TRY(const Bytes text, read_file(files, which.location, kMaxConnectionString));
  return Connection::open(std::string(trim(text)), which.location);
}

Result<MigrationLevel> read_level(Connection& connection, const std::string& kind) {
  KIP_TRY(const bool is_there, connection.has_table(kTableName));
  if (!is_there) return MigrationLevel{};
  KIP_TRY(const auto rows,
          connection.query("SELECT number, kind, update_id FROM kip_migration WHERE number = (SELECT max(number) FROM "
                           "kip_migration)",
                           1));
  if (rows.empty()) return MigrationLevel{};
  const std::vector<std::string>& row = rows.front();
  if (row.at(1) != kind) {
    return fail(ErrorCode::conflict,
                fmt::format("the database of {} has the migrations of a {} database, not of a {} one",
                            connection.name(), row.at(1), kind));
  }
  MigrationLevel level{.number = 0, .update = row.at(2)};
  const auto [end, fault] = std::from_chars(row[0].data(), row[0].data() + row[0].size(), level.number);
  if (fault == std::errc() && end == row[0].data() + row[0].size() && level.number > 0) return level;
  return fail(ErrorCode::integrity,
              fmt::format("kip_migration in the database of {} holds the number \"{}\"", connection.name(), row[0]));
}

Result<void> run_script(Connection& connection, const MigrationScript& script) {
  const std::string where = fmt::format("migration {} ({})", script.number, script.name);
  const auto statements = split_sql(script.text);
  if (!statements) return fail_while(where, statements.error());
  for (const SqlStatement& statement : *statements) {
    if (const auto done = connection.run(statement.text); !done)
      return fail_while(fmt::format("{}, line {}", where, statement.line), done.error());
  }
  return {};
}

Result<void> migrate(Connection& connection, const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) {
  KIP_TRY(const bool is_there, connection.has_table(kTableName));
  if (!is_there) KIP_TRY_VOID(connection.run(kTable));
  for (const MigrationScript& script : scripts) {
    KIP_TRY_VOID(run_script(connection, script));
    KIP_TRY_VOID(connection.run(
        fmt::format("INSERT INTO kip_migration (number, kind, script, sha256, release_version, "
                    "update_id, applied_at) VALUES ({}, ?, ?, ?, ?, ?, ?)",
                    script.number),
        {stamp.kind, script.name, script.sha256.hex(), stamp.release.str(), stamp.update, format_instant(stamp.at)}));
  }
  return {};
}

class OdbcDatabase final : public CustomerDatabase {
 public:
  OdbcDatabase(Connection connection, std::string kind) : connection_(std::move(connection)), kind_(std::move(kind)) {}

  Result<MigrationLevel> level() override { return read_level(connection_, kind_); }
  bool can_be_restored() const override { return false; }
  Result<void> snapshot(const std::filesystem::path&) override { return no_way_back(); }
  Result<void> restore(const std::filesystem::path&) override { return no_way_back(); }
  Result<void> migrate(const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) override {
    return updater::migrate(connection_, scripts, stamp);
  }
  Result<void> commit() override { return connection_.commit(); }

 private:
  static Unexpected no_way_back() { return fail(ErrorCode::conflict, "a database on a server cannot be put back"); }

  Connection connection_;
  std::string kind_;
};

}  // namespace

Result<std::unique_ptr<CustomerDatabase>> OdbcEngine::open(const AttachedDatabase& which) {
  KIP_TRY(Connection connection, connect(files_, which));
  return std::unique_ptr<CustomerDatabase>(std::make_unique<OdbcDatabase>(std::move(connection), which.kind));
}

Result<MigrationLevel> OdbcEngine::level(const AttachedDatabase& which) {
  KIP_TRY(Connection connection, connect(files_, which));
  return read_level(connection, which.kind);
}

Result<std::chrono::milliseconds> OdbcEngine::rehearse(const AttachedDatabase& which,
                                                       const std::vector<MigrationScript>& scripts,
                                                       const MigrationStamp& stamp, const std::filesystem::path&) {
  KIP_TRY(Connection connection, connect(files_, which));
  const Instant start = clock_.now();
  KIP_TRY_VOID(migrate(connection, scripts, stamp));
  const std::chrono::milliseconds took = clock_.now() - start;
  KIP_TRY_VOID(connection.undo());
  return took;
}

Result<std::string> OdbcEngine::ask(const AttachedDatabase& which, const std::string& query) {
  KIP_TRY(Connection connection, connect(files_, which));
  KIP_TRY(const auto statements, split_sql(query));
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::conflict,
                fmt::format("the query \"{}\" on the database of {}: {}", query, which.location, why));
  };
  if (statements.size() != 1) return refuse("is not one statement");
  KIP_TRY(const auto rows, connection.query(statements.front().text, 1));
  KIP_TRY_VOID(connection.undo());
  if (rows.size() != 1) return refuse(rows.empty() ? "gives no row" : "gives more than one row");
  if (rows.front().size() != 1) return refuse("gives more than one column");
  return rows.front().front();
}

}  // namespace kip::updater
