#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <server/storage/sql/sql_unit.hpp>
#include <server/storage/sql/writer_slot.hpp>
#include <server/storage/sqlite/migrations.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>

#include "sqlite_connection.hpp"

namespace kip::server {

using sqlite::SqliteConnection;

struct SqliteStore::State {
  std::filesystem::path path;
  sql::WriterSlot writer;
  /// Whose turn it is to write has it. One and the same, since what another one writes makes SQLite forget every page
  /// that a connection has in memory.
  std::unique_ptr<SqliteConnection> writing;
  std::mutex idle_mutex;  ///< guards `idle`
  std::vector<std::unique_ptr<SqliteConnection>> idle;

  Result<std::unique_ptr<SqliteConnection>> take(Access access) {
    if (access == Access::write) return writing ? std::move(writing) : open_for_writing();
    {
      const std::lock_guard lock(idle_mutex);
      if (!idle.empty()) {
        auto connection = std::move(idle.back());
        idle.pop_back();
        return connection;
      }
    }
    return SqliteConnection::open(path);
  }

  Result<std::unique_ptr<SqliteConnection>> open_for_writing() const {
    KIP_TRY(auto connection, SqliteConnection::open(path));
    // What many receipts change together stays in memory until it is committed.
    KIP_TRY_VOID(connection->script("opening the database", "PRAGMA cache_size = -16384"));
    return connection;
  }

  void give_back(std::unique_ptr<SqliteConnection> connection, Access access) {
    if (access == Access::write) {
      writing = std::move(connection);
      return;
    }
    const std::lock_guard lock(idle_mutex);
    idle.push_back(std::move(connection));
  }
};

namespace {

/// Without a lock: who comes in between migrates, and then there is nothing left to do.
Result<void> announce(SqliteConnection& connection, const SqliteStore::BeforeMigration& before) {
  constexpr const char* kDoing = "looking at the database";
  if (!before) return {};
  KIP_TRY(const std::int64_t begun,
          connection.number(kDoing, "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'", sql::Binder()));
  if (begun == 0) return {};
  KIP_TRY(const std::int64_t present,
          connection.number(kDoing, "SELECT coalesce(max(number), 0) FROM migrations", sql::Binder()));
  const auto known = static_cast<std::int64_t>(sqlite::migrations().size());
  if (present == 0 || present >= known) return {};
  return before(present, known);
}

Result<void> prepare(SqliteConnection& connection) {
  constexpr const char* kDoing = "preparing the database";
  KIP_TRY_VOID(connection.script(kDoing, "BEGIN IMMEDIATE"));
  KIP_TRY_VOID(connection.script(
      kDoing, "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"));
  KIP_TRY_VOID(sql::migrate(connection, sqlite::migrations()));
  return connection.script(kDoing, "COMMIT");
}

class SqliteTransaction final : public sql::Transaction {
 public:
  using GiveBack = std::function<void(std::unique_ptr<SqliteConnection>)>;

  SqliteTransaction(std::unique_ptr<SqliteConnection> connection, sql::WriterSlot::Turn writer, GiveBack give_back)
      : writer_(std::move(writer)), give_back_(std::move(give_back)), connection_(std::move(connection)) {}

  /// A connection whose transaction does not end is of no further use.
  ~SqliteTransaction() override {
    const char* how = static_cast<bool>(writer_) ? "ROLLBACK" : "COMMIT";
    if (!connection_->in_transaction() || connection_->script("ending a transaction", how))
      give_back_(std::move(connection_));
  }

  sql::Connection& connection() override { return *connection_; }
  Result<void> commit() override { return connection_->script("making a change durable", "COMMIT"); }

 private:
  sql::WriterSlot::Turn writer_;  ///< empty where it only reads
  GiveBack give_back_;
  std::unique_ptr<SqliteConnection> connection_;
};

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path,
                                                       const BeforeMigration& before) {
  auto state = std::make_unique<State>();
  state->path = path;
  KIP_TRY(auto connection, state->open_for_writing());
  KIP_TRY_VOID(announce(*connection, before));
  KIP_TRY_VOID(prepare(*connection));
  state->give_back(std::move(connection), Access::write);
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

Result<void> SqliteStore::copy(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!std::filesystem::exists(from)) return fail(ErrorCode::not_found, "there is no database " + from.string());
  if (std::filesystem::exists(to)) return fail(ErrorCode::conflict, to.string() + " is there already");
  KIP_TRY(const auto connection, SqliteConnection::open(from));
  KIP_TRY_VOID(
      connection->change("copying the database to " + to.string(), "VACUUM INTO ?", sql::Binder().text(to.string())));
  return {};
}

Result<void> SqliteStore::check(const std::filesystem::path& path) {
  KIP_TRY(const auto connection, SqliteConnection::open(path));
  std::string faults;
  const auto collect = [&](sql::RowReader& row) -> Result<void> {
    const std::string found = row.text();
    if (found != "ok") faults += (faults.empty() ? "" : "; ") + found;
    return {};
  };
  KIP_TRY_VOID(connection->run("reading the database through", "PRAGMA integrity_check(5)", sql::Binder(), collect));
  if (faults.empty()) return {};
  return fail(ErrorCode::integrity, fmt::format("the database {} is damaged: {}", path.string(), faults));
}

Result<std::unique_ptr<UnitOfWork>> SqliteStore::begin(const TenantId& tenant, Access access) {
  std::optional<sql::WriterSlot::Turn> turn(std::in_place);
  if (access == Access::write) {
    KIP_TRY(sql::WriterSlot::Turn taken, state_->writer.take());
    turn.emplace(std::move(taken));
  }
  KIP_TRY(auto connection, state_->take(access));
  constexpr const char* kDoing = "beginning a transaction";
  KIP_TRY_VOID(connection->script(kDoing, access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  if (access == Access::read) {
    // A reader's view is fixed by its first look, so that it looks now.
    KIP_TRY_VOID(connection->number(kDoing, "SELECT count(*) FROM migrations", sql::Binder()));
  }
  const auto give_back = [state = state_.get(), access](std::unique_ptr<SqliteConnection> used) {
    state->give_back(std::move(used), access);
  };
  return sql::make_unit(std::make_unique<SqliteTransaction>(std::move(connection), *std::move(turn), give_back), tenant,
                        access);
}

}  // namespace kip::server
