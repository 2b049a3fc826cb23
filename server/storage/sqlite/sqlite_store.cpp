#include <mutex>
#include <utility>
#include <vector>

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
  std::mutex idle_mutex;  ///< guards `idle`
  std::vector<std::unique_ptr<SqliteConnection>> idle;

  Result<std::unique_ptr<SqliteConnection>> take() {
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

  void give_back(std::unique_ptr<SqliteConnection> connection) {
    const std::lock_guard lock(idle_mutex);
    idle.push_back(std::move(connection));
  }
};

namespace {

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

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  KIP_TRY(auto connection, SqliteConnection::open(path));
  KIP_TRY_VOID(prepare(*connection));
  state->give_back(std::move(connection));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

Result<std::unique_ptr<UnitOfWork>> SqliteStore::begin(const TenantId& tenant, Access access) {
  std::optional<sql::WriterSlot::Turn> turn(std::in_place);
  if (access == Access::write) {
    KIP_TRY(sql::WriterSlot::Turn taken, state_->writer.take());
    turn.emplace(std::move(taken));
  }
  KIP_TRY(auto connection, state_->take());
  constexpr const char* kDoing = "beginning a transaction";
  KIP_TRY_VOID(connection->script(kDoing, access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  if (access == Access::read) {
    // A reader's view is fixed by its first look, so that it looks now.
    KIP_TRY_VOID(connection->number(kDoing, "SELECT count(*) FROM migrations", sql::Binder()));
  }
  const auto give_back = [state = state_.get()](std::unique_ptr<SqliteConnection> used) {
    state->give_back(std::move(used));
  };
  return sql::make_unit(std::make_unique<SqliteTransaction>(std::move(connection), *std::move(turn), give_back), tenant,
                        access);
}

}  // namespace kip::server
