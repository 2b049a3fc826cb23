#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include <client-updater/databases/sqlite_vfs.hpp>
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

bool is_acknowledged(SQLite::Database& database, const AcknowledgedReceipt& receipt) {
  SQLite::Statement statement(
      database, "SELECT 1 FROM receipt WHERE incarnation = ? AND sequence = ? AND acknowledgement IS NOT NULL");
  sql::Binder(statement).text(receipt.incarnation).integer(receipt.sequence);
  return statement.executeStep();
}

/// One event is of one request, which is of one incarnation, and was recorded once.
Result<void> expect_one_event(SQLite::Database& database, const AcknowledgedReceipt& receipt) {
  SQLite::Statement statement(database,
                              "SELECT sequence FROM receipt WHERE event_index = ? AND "
                              "(incarnation <> ? OR recorded_at IS NOT ?)");
  sql::Binder(statement).integer(receipt.event_index).text(receipt.incarnation).instant(receipt.recorded_time);
  if (statement.executeStep()) {
    return fail(ErrorCode::conflict,
                fmt::format("the server gave place {} of its log to receipt {} and now, as of another event, to "
                            "receipt {}: tell the vendor",
                            receipt.event_index, statement.getColumn(0).getInt64(), receipt.sequence));
  }
  SQLite::Statement count(database, "SELECT count(*) FROM receipt WHERE event_index = ?");
  sql::Binder(count).integer(receipt.event_index);
  count.executeStep();
  if (count.getColumn(0).getInt64() < static_cast<std::int64_t>(kMaxReceiptsAtOnce)) return {};
  return fail(ErrorCode::conflict, fmt::format("the server gave place {} of its log to more than {} receipts: tell the "
                                               "vendor",
                                               receipt.event_index, kMaxReceiptsAtOnce));
}

Result<void> take_out(SQLite::Database& database, const AcknowledgedReceipt& receipt, std::int64_t word) {
  KIP_TRY_VOID(expect_one_event(database, receipt));
  SQLite::Statement statement(database,
                              "UPDATE receipt SET event_index = ?, recorded_at = ?, acknowledgement = ? "
                              "WHERE incarnation = ? AND sequence = ?");
  sql::Binder(statement)
      .integer(receipt.event_index)
      .instant(receipt.recorded_time)
      .integer(word)
      .text(receipt.incarnation)
      .integer(receipt.sequence);
  if (statement.exec() == 1) return {};
  return fail(ErrorCode::not_found, fmt::format("there is no receipt {} to be acknowledged", receipt.sequence));
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
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, static_cast<int>(kPatience.count()), sure_vfs())});
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

Result<std::int64_t> SqliteStateStore::acknowledge(const Acknowledgement& said, const Bytes& envelope) {
  return guarded("keeping an acknowledgement", [&]() -> Result<std::int64_t> {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement keep(database, "INSERT INTO acknowledgement (envelope) VALUES (?)");
    sql::Binder(keep).blob(envelope);
    keep.exec();
    const std::int64_t word = database.getLastInsertRowid();
    std::int64_t count = 0;
    for (const AcknowledgedReceipt& receipt : said.receipts) {
      if (is_acknowledged(database, receipt)) continue;
      KIP_TRY_VOID(take_out(database, receipt, word));
      ++count;
    }
    if (count > 0) transaction.commit();
    return count;
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
                           "UPDATE receipt SET event_index = NULL, recorded_at = NULL, acknowledgement = NULL "
                           "WHERE acknowledgement IS NOT NULL AND incarnation = ? AND sequence >= ? AND sequence < ?");
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
