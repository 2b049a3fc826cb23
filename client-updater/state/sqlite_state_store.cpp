#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include <client-updater/state/migrations.hpp>
#include <client-updater/state/sqlite_state_store.hpp>

#include "request_table.hpp"
#include "sql.hpp"
#include "state_tables.hpp"

namespace kip::updater {
namespace {

using sql::guarded;

constexpr std::chrono::milliseconds kPatience(5000);
constexpr std::size_t kMostRows = std::numeric_limits<std::int32_t>::max();

/// Whether what later programs have added leaves room for this one.
bool can_be_read(SQLite::Database& database, int known) {
  if (!database.tableExists("form")) return false;
  return database.execAndGet("SELECT oldest_reader FROM form").getInt() <= known;
}

Result<void> migrate(SQLite::Database& database) {
  const int present = database.execAndGet("PRAGMA user_version").getInt();
  const auto known = migrations();
  if (present > static_cast<int>(known.size())) {
    if (can_be_read(database, static_cast<int>(known.size()))) return {};
    return fail(ErrorCode::conflict, fmt::format("{} was written by a later version of this program (form {}, this one "
                                                 "knows {}); use that one",
                                                 database.getFilename(), present, known.size()));
  }
  if (present == static_cast<int>(known.size())) return {};
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  // Another program may have been faster.
  const auto begun = static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
  for (const Migration& migration : known.subspan(std::min(begun, known.size())))
    database.exec(std::string(migration.text));
  if (begun < known.size()) database.exec(fmt::format("PRAGMA user_version = {}", known.size()));
  transaction.commit();
  return {};
}

void insert_receipt(SQLite::Database& database, const OutboxEntry& receipt) {
  SQLite::Statement statement(database,
                              "INSERT INTO receipt (incarnation, sequence, digest, envelope) VALUES (?, ?, ?, ?)");
  sql::Binder(statement)
      .text(receipt.incarnation)
      .integer(receipt.sequence)
      .text(receipt.digest.hex())
      .blob(receipt.envelope);
  statement.exec();
}

/// The receipt that has this place in the server's log already, if another one has.
Result<void> expect_free_place(SQLite::Database& database, const AcknowledgedReceipt& receipt) {
  SQLite::Statement statement(
      database, "SELECT sequence FROM receipt WHERE event_index = ? AND NOT (incarnation = ? AND sequence = ?)");
  sql::Binder(statement).integer(receipt.event_index).text(receipt.incarnation).integer(receipt.sequence);
  if (!statement.executeStep()) return {};
  return fail(ErrorCode::conflict,
              fmt::format("the server gave place {} of its log to receipt {} and now to receipt {}: tell the vendor",
                          receipt.event_index, statement.getColumn(0).getInt64(), receipt.sequence));
}

}  // namespace

struct SqliteStateStore::Connection {
  SQLite::Database database;
};

SqliteStateStore::SqliteStateStore(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
SqliteStateStore::~SqliteStateStore() = default;

Result<std::unique_ptr<SqliteStateStore>> SqliteStateStore::open(const std::filesystem::path& file) {
  using Opened = std::unique_ptr<SqliteStateStore>;
  return guarded("opening " + file.string(), [&]() -> Result<Opened> {
    auto connection = std::make_unique<Connection>(Connection{SQLite::Database(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, static_cast<int>(kPatience.count()))});
    SQLite::Database& database = connection->database;
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA trusted_schema = OFF");
    KIP_TRY_VOID(migrate(database));
    return Opened(new SqliteStateStore(std::move(connection)));
  });
}

Result<State> SqliteStateStore::load() {
  return guarded("reading the state", [&] { return sql::load_state(connection_->database); });
}

Result<void> SqliteStateStore::save(const State& state, const std::vector<OutboxEntry>& receipts) {
  return guarded("saving the state", [&]() -> Result<void> {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    sql::save_state(connection_->database, state);
    for (const OutboxEntry& receipt : receipts)
      insert_receipt(connection_->database, receipt);
    transaction.commit();
    return {};
  });
}

Result<ChainHead> SqliteStateStore::head(const std::string& incarnation) {
  return guarded("reading the last receipt", [&]() -> Result<ChainHead> {
    SQLite::Statement statement(
        connection_->database,
        "SELECT sequence, digest FROM receipt WHERE incarnation = ? ORDER BY sequence DESC LIMIT 1");
    sql::Binder(statement).text(incarnation);
    if (!statement.executeStep()) return ChainHead{};
    sql::Row row(statement);
    ChainHead head;
    head.sequence = row.integer();
    head.digest = row.parsed(Sha256Digest::parse);
    KIP_TRY_VOID(row.finish());
    return head;
  });
}

Result<std::optional<Sha256Digest>> SqliteStateStore::receipt_at(const std::string& incarnation,
                                                                 std::int64_t sequence) {
  return guarded("looking for a receipt", [&]() -> Result<std::optional<Sha256Digest>> {
    SQLite::Statement statement(connection_->database,
                                "SELECT digest FROM receipt WHERE incarnation = ? AND sequence = ?");
    sql::Binder(statement).text(incarnation).integer(sequence);
    if (!statement.executeStep()) return std::optional<Sha256Digest>();
    sql::Row row(statement);
    const auto digest = row.parsed(Sha256Digest::parse);
    KIP_TRY_VOID(row.finish());
    return digest;
  });
}

Result<std::vector<OutboxEntry>> SqliteStateStore::pending(std::size_t limit) {
  return guarded("reading the outbox", [&]() -> Result<std::vector<OutboxEntry>> {
    SQLite::Statement statement(connection_->database,
                                "SELECT incarnation, sequence, digest, envelope FROM receipt "
                                "WHERE acknowledgement IS NULL AND incarnation = (SELECT incarnation FROM enrolment) "
                                "ORDER BY sequence LIMIT ?");
    sql::Binder(statement).integer(static_cast<std::int64_t>(std::min(limit, kMostRows)));
    std::vector<OutboxEntry> out;
    while (statement.executeStep()) {
      sql::Row row(statement);
      std::string incarnation = row.text();
      const std::int64_t sequence = row.integer();
      const auto digest = row.parsed(Sha256Digest::parse);
      Bytes envelope = row.text();
      KIP_TRY_VOID(row.finish());
      out.push_back({std::move(incarnation), sequence, *digest, std::move(envelope)});
    }
    return out;
  });
}

Result<void> SqliteStateStore::acknowledge(const AcknowledgedReceipt& receipt) {
  return guarded("keeping an acknowledgement", [&]() -> Result<void> {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    KIP_TRY_VOID(expect_free_place(connection_->database, receipt));
    SQLite::Statement statement(connection_->database,
                                "UPDATE receipt SET event_index = ?, acknowledgement = ? "
                                "WHERE incarnation = ? AND sequence = ?");
    sql::Binder(statement)
        .integer(receipt.event_index)
        .blob(receipt.envelope)
        .text(receipt.incarnation)
        .integer(receipt.sequence);
    if (statement.exec() == 0) {
      return fail(ErrorCode::not_found, fmt::format("there is no receipt {} to be acknowledged", receipt.sequence));
    }
    transaction.commit();
    return {};
  });
}

Result<std::int64_t> SqliteStateStore::send_again(const std::string& incarnation, std::int64_t from,
                                                  std::int64_t below) {
  return guarded("sending receipts again", [&]() -> Result<std::int64_t> {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement keep(connection_->database,
                           "INSERT OR IGNORE INTO lost_acknowledgement SELECT incarnation, sequence, event_index, "
                           "acknowledgement FROM receipt WHERE acknowledgement IS NOT NULL AND incarnation = ? "
                           "AND sequence >= ? AND sequence < ?");
    sql::Binder(keep).text(incarnation).integer(from).integer(below);
    keep.exec();
    SQLite::Statement back(connection_->database,
                           "UPDATE receipt SET event_index = NULL, acknowledgement = NULL WHERE acknowledgement IS NOT "
                           "NULL AND incarnation = ? AND sequence >= ? AND sequence < ?");
    sql::Binder(back).text(incarnation).integer(from).integer(below);
    const std::int64_t count = back.exec();
    transaction.commit();
    return count;
  });
}

Result<void> SqliteStateStore::put_request(const KeptRequest& request) {
  return guarded("keeping a request for service", [&]() -> Result<void> {
    sql::put_request(connection_->database, request);
    return {};
  });
}

Result<std::vector<KeptRequest>> SqliteStateStore::requests() {
  return guarded("reading requests for service", [&] { return sql::load_requests(connection_->database); });
}

Result<void> SqliteStateStore::forget_request(const RequestId& id) {
  return guarded("forgetting a request for service", [&]() -> Result<void> {
    SQLite::Statement statement(connection_->database, "DELETE FROM service_request WHERE id = ?");
    sql::Binder(statement).text(id.str());
    statement.exec();
    return {};
  });
}

Result<void> SqliteStateStore::copy(const std::filesystem::path& file) {
  return guarded("copying the state", [&]() -> Result<void> {
    SQLite::Statement statement(connection_->database, "VACUUM INTO ?");
    sql::Binder(statement).text(file.string());
    statement.exec();
    return {};
  });
}

Result<OutboxCounts> SqliteStateStore::counts() {
  return guarded("counting the outbox", [&]() -> Result<OutboxCounts> {
    SQLite::Statement statement(connection_->database,
                                "SELECT count(*) FILTER (WHERE acknowledgement IS NULL AND incarnation = "
                                "(SELECT incarnation FROM enrolment)), count(acknowledgement) FROM receipt");
    statement.executeStep();
    return OutboxCounts{statement.getColumn(0).getInt64(), statement.getColumn(1).getInt64()};
  });
}

}  // namespace kip::updater
