#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <server/storage/sqlite/migrations.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>

#include "revocation_mapping.hpp"
#include "sql_error.hpp"
#include "sql_leaves.hpp"
#include "sql_projection.hpp"
#include "sql_stamps.hpp"
#include "sql_table.hpp"
#include "staff_mappings.hpp"

namespace kip::server {
namespace {

using Connection = std::unique_ptr<SQLite::Database>;

constexpr std::chrono::seconds kPatience(10);

Result<Connection> connect(const std::filesystem::path& path) {
  return sql::guarded("opening " + path.string(), [&]() -> Result<Connection> {
    auto database = std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                                       static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA synchronous = FULL");
    database->exec("PRAGMA foreign_keys = ON");
    database->exec("PRAGMA trusted_schema = OFF");
    database->exec("PRAGMA secure_delete = ON");
    return database;
  });
}

class SqlEvents final : public EventLog {
 public:
  SqlEvents(SQLite::Database& database, const TenantId& tenant) : database_(database), tenant_(tenant) {}

  Result<std::int64_t> append(const EventId& id, std::string_view type, BytesView envelope, Instant recorded) override {
    return sql::guarded("recording an event", [&]() -> Result<std::int64_t> {
      KIP_TRY(const std::int64_t last, last_index());
      if (!insert_) {
        insert_.emplace(
            database_, "INSERT INTO events (tenant, position, id, type, envelope, recorded) VALUES (?, ?, ?, ?, ?, ?)");
      }
      insert_->reset();
      sql::Binder to(*insert_);
      to.text(tenant_.str()).integer(last + 1).text(id.str()).text(type).blob(envelope).instant(recorded);
      insert_->exec();
      last_ = last + 1;
      return last + 1;
    });
  }

  Result<std::vector<StoredEvent>> after(std::int64_t after, std::size_t limit) override {
    return sql::guarded("reading events", [&]() -> Result<std::vector<StoredEvent>> {
      SQLite::Statement statement(database_,
                                  "SELECT position, id, type, envelope, recorded FROM events "
                                  "WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?");
      sql::Binder(statement).text(tenant_.str()).integer(after).integer(static_cast<std::int64_t>(limit));
      std::vector<StoredEvent> out;
      while (statement.executeStep()) {
        sql::RowReader row(statement);
        const std::int64_t index = row.integer();
        KIP_TRY(EventId id, row.parsed(EventId::parse));
        std::string type = row.text();
        Bytes envelope = row.text();
        out.push_back({index, std::move(id), std::move(type), std::move(envelope), row.instant()});
      }
      return out;
    });
  }

  Result<void> erase(std::int64_t index) override {
    return sql::guarded("destroying an event", [&] {
      SQLite::Statement update(database_, "UPDATE events SET envelope = x'' WHERE tenant = ? AND position = ?");
      sql::Binder(update).text(tenant_.str()).integer(index);
      update.exec();
    });
  }

  Result<std::int64_t> last_index() override {
    if (last_) return *last_;
    return sql::guarded("reading events", [&]() -> Result<std::int64_t> {
      SQLite::Statement statement(database_, "SELECT coalesce(max(position), 0) FROM events WHERE tenant = ?");
      statement.bind(1, tenant_.str());
      statement.executeStep();
      return statement.getColumn(0).getInt64();
    });
  }

 private:
  SQLite::Database& database_;
  const TenantId& tenant_;
  std::optional<SQLite::Statement> insert_;
  std::optional<std::int64_t> last_;  ///< known once this unit, the only writer, has added one
};

/// The right to write. Writers queue up here rather than in SQLite, whose waiting is a sleep and a retry. (No
/// std::timed_mutex: the thread sanitizer of GCC 12 does not know its calls.)
class WriterSlot {
 public:
  /// Gives the slot back when destroyed.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(WriterSlot& slot) : slot_(&slot) {}
    Turn(Turn&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (slot_ != nullptr) slot_->release();
    }
    explicit operator bool() const { return slot_ != nullptr; }

   private:
    WriterSlot* slot_ = nullptr;
  };

  Result<Turn> take() {
    std::unique_lock lock(mutex_);
    if (!free_again_.wait_for(lock, kPatience, [this] { return !taken_; })) {
      return fail(ErrorCode::busy, "the server is busy writing; try again");
    }
    taken_ = true;
    return Turn(*this);
  }

 private:
  void release() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_again_.notify_one();
  }

  std::mutex mutex_;  ///< guards `taken_`
  bool taken_ = false;
  std::condition_variable free_again_;
};

}  // namespace

struct SqliteStore::State {
  std::filesystem::path path;
  WriterSlot writer;
  std::mutex idle_mutex;  ///< guards `idle`
  std::vector<Connection> idle;

  Result<Connection> take() {
    {
      const std::lock_guard lock(idle_mutex);
      if (!idle.empty()) {
        Connection connection = std::move(idle.back());
        idle.pop_back();
        return connection;
      }
    }
    return connect(path);
  }

  void give_back(Connection connection) {
    const std::lock_guard lock(idle_mutex);
    idle.push_back(std::move(connection));
  }
};

namespace {

class SqlUnit final : public UnitOfWork {
 public:
  using GiveBack = std::function<void(Connection)>;

  SqlUnit(Connection connection, TenantId tenant, WriterSlot::Turn writer, GiveBack give_back)
      : connection_(std::move(connection)),
        tenant_(std::move(tenant)),
        writer_(std::move(writer)),
        give_back_(std::move(give_back)) {
    events_.emplace(*connection_, tenant_);
    leaves_.emplace(*connection_, tenant_);
    stamps_.emplace(*connection_, tenant_);
    revocations_.emplace(*connection_, tenant_);
    credentials_.emplace(*connection_, tenant_);
    sessions_.emplace(*connection_, tenant_);
    projection_.emplace(*connection_, tenant_);
  }

  ~SqlUnit() override {
    const bool clean = finish(static_cast<bool>(writer_) && !committed_ ? "ROLLBACK" : "COMMIT");
    if (clean) give_back_(std::move(connection_));
  }

  EventLog& events() override { return *events_; }
  LeafTable& leaves() override { return *leaves_; }
  StampTable& stamps() override { return *stamps_; }
  Table<Sha256Digest, RevocationRecord>& revocations() override { return *revocations_; }
  Table<PersonName, CredentialRecord>& credentials() override { return *credentials_; }
  SessionTable& sessions() override { return *sessions_; }
  Projection& projection() override { return projection_->tables(); }

  Result<void> clear_projection() override {
    check_writing();
    return projection_->clear();
  }

  Result<std::int64_t> projection_form() override { return projection_->form(); }

  Result<bool> use_nonce(std::string_view nonce, Instant now, Instant expires) override {
    check_writing();
    return sql::guarded("remembering a nonce", [&]() -> Result<bool> {
      SQLite::Statement forget(*connection_, "DELETE FROM nonces WHERE tenant = ? AND expires < ?");
      sql::Binder(forget).text(tenant_.str()).instant(now);
      forget.exec();
      SQLite::Statement insert(*connection_, "INSERT OR IGNORE INTO nonces (tenant, nonce, expires) VALUES (?, ?, ?)");
      sql::Binder(insert).text(tenant_.str()).text(nonce).instant(expires);
      return insert.exec() == 1;
    });
  }

  Result<void> commit() override {
    check_writing();
    KIP_CHECK(!committed_);
    return sql::guarded("making a change durable", [&] {
      connection_->exec("COMMIT");
      committed_ = true;
    });
  }

 private:
  void check_writing() const { KIP_CHECK(static_cast<bool>(writer_)); }

  /// Ends the transaction, if there is still one; false where the connection is of no further use.
  bool finish(const char* how) {
    events_.reset();
    leaves_.reset();
    stamps_.reset();
    revocations_.reset();
    credentials_.reset();
    sessions_.reset();
    projection_.reset();
    if (committed_ || sqlite3_get_autocommit(connection_->getHandle()) != 0) return true;
    return sqlite3_exec(connection_->getHandle(), how, nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  Connection connection_;
  TenantId tenant_;
  WriterSlot::Turn writer_;  ///< empty where it only reads
  GiveBack give_back_;
  std::optional<SqlEvents> events_;
  std::optional<sql::SqlLeaves> leaves_;
  std::optional<sql::SqlStamps> stamps_;
  std::optional<sql::SqlTable<sql::RevocationMapping>> revocations_;
  std::optional<sql::SqlTable<sql::CredentialMapping>> credentials_;
  std::optional<sql::SqlSessions> sessions_;
  std::optional<sql::SqlProjection> projection_;
  bool committed_ = false;
};

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  KIP_TRY(Connection connection, connect(path));
  KIP_TRY_VOID(sql::migrate(*connection));
  state->give_back(std::move(connection));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

Result<std::unique_ptr<UnitOfWork>> SqliteStore::begin(const TenantId& tenant, Access access) {
  std::optional<WriterSlot::Turn> turn(std::in_place);
  if (access == Access::write) {
    KIP_TRY(WriterSlot::Turn taken, state_->writer.take());
    turn.emplace(std::move(taken));
  }
  KIP_TRY(Connection connection, state_->take());
  KIP_TRY_VOID(sql::guarded("beginning a transaction", [&] {
    connection->exec(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
    // A reader's view is fixed by its first look, so that it looks now.
    if (access == Access::read) connection->execAndGet("SELECT count(*) FROM migrations");
  }));
  const auto give_back = [state = state_.get()](Connection used) { state->give_back(std::move(used)); };
  return std::unique_ptr<UnitOfWork>(
      std::make_unique<SqlUnit>(std::move(connection), tenant, *std::move(turn), give_back));
}

}  // namespace kip::server
