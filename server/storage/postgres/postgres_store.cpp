#include <atomic>

#include <fmt/format.h>

#include <server/storage/postgres/migrations.hpp>
#include <server/storage/postgres/postgres_store.hpp>
#include <server/storage/sql/sql_unit.hpp>
#include <server/storage/sql/writer_slot.hpp>

#include "connection_pool.hpp"
#include "postgres_error.hpp"

namespace kip::server {

using postgres::ConnectionPool;
using postgres::PostgresConnection;

struct PostgresStore::State {
  explicit State(PostgresOptions given) : options(std::move(given)), pool(options) {}

  const PostgresOptions options;
  sql::WriterSlot writer;
  ConnectionPool pool;
  std::atomic<bool> is_prompt = false;
};

namespace {

/// Among all programs that write to the database. Its number means nothing.
constexpr const char* kLockWriters = "SELECT pg_advisory_xact_lock(5435187720931)";

/// A writer looks anew with each statement, so that it sees what the one before it has committed while it waited.
const std::string kBeginWriting = std::string("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ") + kLockWriters;
/// A reader's view is fixed by its first look, so that it looks now.
const std::string kBeginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";

class PostgresTransaction final : public sql::Transaction {
 public:
  PostgresTransaction(ConnectionPool::Place place, sql::WriterSlot::Turn writer)
      : writer_(std::move(writer)), place_(std::move(place)) {}

  ~PostgresTransaction() override {
    PostgresConnection& used = *place_.connection;
    // Where that does not succeed the connection is thrown away.
    if (!used.is_idle() && !used.is_lost()) static_cast<void>(used.script("ending a transaction", "ROLLBACK"));
  }

  sql::Connection& connection() override { return *place_.connection; }
  Result<void> commit() override { return place_.connection->commit(); }

 private:
  sql::WriterSlot::Turn writer_;  ///< empty where it only reads
  ConnectionPool::Place place_;
};

/// A new connection. Who asks is told neither where the database is nor why it cannot be had.
Result<std::unique_ptr<PostgresConnection>> open_quietly(ConnectionPool& pool, const PostgresOptions& options) {
  auto out = PostgresConnection::open(options);
  if (!out && out.error().code == ErrorCode::storage) {
    pool.unreachable();
  } else {
    pool.answered();  // whoever refuses is there
  }
  if (out) return out;
  options.report(out.error().message);
  return fail(ErrorCode::busy, std::string(postgres::kOutOfReach));
}

/// Begins a transaction on a connection that has waited, or on a new one where those that have waited were lost.
Result<void> begin(ConnectionPool& pool, ConnectionPool::Place& place, const PostgresOptions& options,
                   postgres::Limit limit, const std::string& how) {
  constexpr const char* kDoing = "beginning a transaction";
  while ((place.connection = pool.idle()) != nullptr) {
    place.connection->wait_at_most(limit);
    auto begun = place.connection->script(kDoing, how);
    if (place.connection->is_silent()) return begun;
    if (place.connection->is_lost()) continue;
    pool.answered();
    return begun;
  }
  KIP_TRY(place.connection, open_quietly(pool, options));
  place.connection->wait_at_most(limit);
  return place.connection->script(kDoing, how);
}

enum class Beginning { refused, wanted };

Result<void> expect_begun(PostgresConnection& connection, const PostgresOptions& options) {
  KIP_TRY(const std::int64_t has_table,
          connection.number("looking at the database", "SELECT to_regclass('migrations') IS NOT NULL", sql::Binder()));
  if (has_table != 0) return {};
  return fail(
      ErrorCode::not_found,
      fmt::format("the database {} of {} holds nothing of a kip-server: correct [postgresql] in the settings, or "
                  "restore it from a backup; a server never begins a new one by itself",
                  options.database, options.host));
}

Result<void> expect_unused(PostgresConnection& connection, const PostgresOptions& options) {
  KIP_TRY(const std::int64_t has_events,
          connection.number("looking at the database", "SELECT EXISTS (SELECT 1 FROM events)", sql::Binder()));
  if (has_events == 0) return {};
  return fail(
      ErrorCode::conflict,
      fmt::format("a kip-server has recorded something in the database {} of {} already; nothing was changed. Give "
                  "it another database, or remove this one and make it anew",
                  options.database, options.host));
}

/// In one transaction, during which nobody else writes.
Result<void> prepare(PostgresConnection& connection, const PostgresOptions& options, Beginning beginning) {
  constexpr const char* kDoing = "preparing the database";
  connection.wait_at_most(std::nullopt);
  KIP_TRY_VOID(connection.script(kDoing, kBeginWriting + "; SET LOCAL statement_timeout = 0"));
  if (beginning == Beginning::wanted) {
    KIP_TRY_VOID(connection.script(
        kDoing, "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL)"));
  } else {
    KIP_TRY_VOID(expect_begun(connection, options));
  }
  KIP_TRY_VOID(sql::migrate(connection, postgres::migrations()));
  if (beginning == Beginning::wanted) KIP_TRY_VOID(expect_unused(connection, options));
  return connection.commit();
}

}  // namespace

PostgresStore::PostgresStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(PostgresOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  KIP_TRY(const auto connection, PostgresConnection::open(state->options));
  KIP_TRY_VOID(prepare(*connection, state->options, Beginning::refused));
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::move(state)));
}

Result<std::unique_ptr<PostgresStore>> PostgresStore::create(PostgresOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  KIP_TRY(const auto connection, PostgresConnection::open(state->options));
  KIP_TRY_VOID(prepare(*connection, state->options, Beginning::wanted));
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::move(state)));
}

Result<std::unique_ptr<UnitOfWork>> PostgresStore::begin(const TenantId& tenant, Access access) {
  KIP_TRY_VOID(state_->pool.expect_reach());
  std::optional<sql::WriterSlot::Turn> turn(std::in_place);
  if (access == Access::write) {
    KIP_TRY(sql::WriterSlot::Turn taken, state_->writer.take(state_->options.patience));
    turn.emplace(std::move(taken));
  }
  KIP_TRY(ConnectionPool::Place place, state_->pool.take());
  const postgres::Limit limit = state_->is_prompt ? postgres::Limit(state_->options.silence) : std::nullopt;
  KIP_TRY_VOID(server::begin(state_->pool, place, state_->options, limit,
                             access == Access::write ? kBeginWriting : kBeginReading));
  return sql::make_unit(std::make_unique<PostgresTransaction>(std::move(place), *std::move(turn)), tenant, access);
}

void PostgresStore::expect_prompt_answers() {
  state_->is_prompt = true;
}

Result<void> PostgresStore::overwrite_destroyed() {
  constexpr const char* kDoing = "overwriting what was destroyed";
  KIP_TRY(const auto connection, PostgresConnection::open(state_->options));
  connection->wait_at_most(std::nullopt);
  KIP_TRY_VOID(connection->script(kDoing, "SET statement_timeout = 0"));
  // With what was counted of their contents, in which single values stand.
  return connection->script(kDoing, "VACUUM (FULL, ANALYZE)");
}

}  // namespace kip::server
