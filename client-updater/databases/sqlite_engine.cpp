#include <fmt/format.h>

#include <client-updater/databases/sqlite_engine.hpp>

#include "sqlite_handle.hpp"
#include "sqlite_script.hpp"

namespace kip::updater {
namespace {

using sqlite::Handle;
using sqlite::Mode;
using sqlite::Statement;

constexpr const char* kTable =
    "CREATE TABLE IF NOT EXISTS kip_migration (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, script TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, release_version TEXT NOT NULL, update_id TEXT NOT NULL, applied_at TEXT NOT NULL)";

Result<MigrationLevel> read_level(Handle& handle, const std::string& kind) {
  KIP_TRY(const std::int64_t tables,
          handle.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'kip_migration'"));
  if (tables == 0) return MigrationLevel{};
  KIP_TRY(const Statement statement,
          handle.prepare("SELECT number, kind, update_id FROM kip_migration ORDER BY number DESC LIMIT 1"));
  KIP_TRY(const bool found, handle.step(statement.get()));
  if (!found) return MigrationLevel{};
  const std::string found_kind = sqlite::text_of(statement.get(), 1);
  if (found_kind != kind) {
    return fail(ErrorCode::conflict, fmt::format("the database {} has the migrations of a {} database, not of a {} one",
                                                 handle.name(), found_kind, kind));
  }
  return MigrationLevel{sqlite3_column_int64(statement.get(), 0), sqlite::text_of(statement.get(), 2)};
}

Result<void> record(Handle& handle, const MigrationScript& script, const MigrationStamp& stamp) {
  KIP_TRY(const Statement statement, handle.prepare("INSERT INTO kip_migration VALUES (?, ?, ?, ?, ?, ?, ?)"));
  sqlite3_bind_int64(statement.get(), 1, script.number);
  int next = 2;
  for (const std::string& text :
       {stamp.kind, script.name, script.sha256.hex(), stamp.release.str(), stamp.update, format_instant(stamp.at)}) {
    sqlite3_bind_text(statement.get(), next++, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  KIP_TRY(const bool more, handle.step(statement.get()));
  KIP_CHECK(!more);
  return {};
}

Result<std::int64_t> count_violations(Handle& handle) {
  return handle.integer("SELECT count(*) FROM pragma_foreign_key_check");
}

Result<void> migrate(Handle& handle, const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp,
                     const Clock& clock) {
  KIP_TRY_VOID(handle.run("BEGIN EXCLUSIVE"));
  KIP_TRY(const std::int64_t before, count_violations(handle));
  KIP_TRY_VOID(handle.run(kTable));
  for (const MigrationScript& script : scripts) {
    KIP_TRY_VOID(sqlite::run_script(handle, script, clock));
    KIP_TRY_VOID(record(handle, script, stamp));
  }
  KIP_TRY(const std::int64_t after, count_violations(handle));
  if (after <= before) return {};
  return fail(ErrorCode::conflict,
              fmt::format("after the migrations, {} rows of {} refer to rows that are not there ({} did before)", after,
                          handle.name(), before));
}

class SqliteDatabase final : public CustomerDatabase {
 public:
  SqliteDatabase(Handle handle, std::string kind, const Clock& clock)
      : handle_(std::move(handle)), kind_(std::move(kind)), clock_(clock) {}

  Result<MigrationLevel> level() override { return read_level(handle_, kind_); }
  bool can_be_restored() const override { return true; }

  Result<void> snapshot(const std::filesystem::path& file) override {
    KIP_TRY(Handle copy, Handle::open(file, Mode::scratch));
    return copy.take_over(handle_);
  }

  Result<void> restore(const std::filesystem::path& file) override {
    KIP_TRY(Handle copy, Handle::open(file, Mode::scratch));
    return handle_.take_over(copy);
  }

  Result<void> migrate(const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) override {
    return updater::migrate(handle_, scripts, stamp, clock_);
  }

  Result<void> commit() override { return handle_.run("COMMIT"); }

 private:
  Handle handle_;
  std::string kind_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<CustomerDatabase>> SqliteEngine::open(const AttachedDatabase& which) {
  KIP_TRY(Handle handle, Handle::open(which.location, Mode::exclusive));
  return std::unique_ptr<CustomerDatabase>(std::make_unique<SqliteDatabase>(std::move(handle), which.kind, clock_));
}

Result<MigrationLevel> SqliteEngine::level(const AttachedDatabase& which) {
  KIP_TRY(Handle handle, Handle::open(which.location, Mode::shared));
  return read_level(handle, which.kind);
}

Result<std::chrono::milliseconds> SqliteEngine::rehearse(const AttachedDatabase& which,
                                                         const std::vector<MigrationScript>& scripts,
                                                         const MigrationStamp& stamp,
                                                         const std::filesystem::path& folder) {
  KIP_TRY(Handle copy, Handle::open(folder / "copy.sqlite", Mode::scratch));
  copy.call("a copy of " + which.location);
  {
    KIP_TRY(Handle source, Handle::open(which.location, Mode::shared));
    KIP_TRY_VOID(copy.take_over(source));
  }
  KIP_TRY(const Statement check, copy.prepare("PRAGMA quick_check(1)"));
  KIP_TRY(const bool found, copy.step(check.get()));
  if (!found || sqlite::text_of(check.get(), 0) != "ok") {
    return fail(
        ErrorCode::integrity,
        fmt::format("the database {} is damaged, and was so before: {}; bring it back from a backup, then update",
                    which.location, sqlite::text_of(check.get(), 0)));
  }
  sqlite3_reset(check.get());
  const Instant start = clock_.now();
  KIP_TRY_VOID(migrate(copy, scripts, stamp, clock_));
  KIP_TRY_VOID(copy.run("COMMIT"));
  return std::chrono::milliseconds(clock_.now() - start);
}

Result<std::string> SqliteEngine::ask(const AttachedDatabase& which, const std::string& query) {
  KIP_TRY(Handle handle, Handle::open(which.location, Mode::shared));
  return sqlite::run_query(handle, query, clock_);
}

}  // namespace kip::updater
