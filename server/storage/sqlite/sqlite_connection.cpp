#include "sqlite_connection.hpp"

#include <mutex>

#include <server/storage/sql/writer_slot.hpp>

#include "sqlite_error.hpp"

namespace kip::server::sqlite {
namespace {

class SqliteRow final : public sql::Row {
 public:
  explicit SqliteRow(SQLite::Statement& statement) : statement_(statement) {}

  bool is_null(int column) const override { return statement_.getColumn(column).isNull(); }
  std::int64_t integer(int column) const override { return statement_.getColumn(column).getInt64(); }
  std::string octets(int column) const override { return statement_.getColumn(column).getString(); }

 private:
  SQLite::Statement& statement_;
};

/// Binds without copies: the values outlive the Binding, which leaves the statement as if it had never run.
class Binding {
 public:
  Binding(SQLite::Statement& statement, const std::vector<sql::Value>& values) : statement_(statement) {
    int next = 1;
    for (const sql::Value& value : values)
      std::visit([&](const auto& one) { bind(next++, one); }, value);
  }
  ~Binding() {
    statement_.tryReset();
    statement_.clearBindings();  // which never fails
  }
  Binding(const Binding&) = delete;
  Binding& operator=(const Binding&) = delete;

 private:
  void bind(int place, std::monostate) { statement_.bind(place); }
  void bind(int place, std::int64_t value) { statement_.bind(place, value); }
  void bind(int place, const std::string& value) { statement_.bindNoCopy(place, value); }
  void bind(int place, const sql::Octets& value) {
    statement_.bindNoCopy(place, value.value.data(), static_cast<int>(value.value.size()));
  }

  SQLite::Statement& statement_;
};

/// What a statement may have to undo by itself is kept in memory up to so much, in pieces of that size.
constexpr int kStatementJournal = 16 << 10;

/// SQLite takes memory in large pieces: 64 KiB for a statement that touches triggers or foreign keys, 20 pages for each
/// temporary table, which a CHECK (x IN (...)) is enough for. glibc gives such pieces back to the system each time,
/// which was more than half of what a receipt cost.
void configure_library() {
  static std::once_flag once;
  // Refused where somebody has used SQLite before; then it is slower and as right.
  std::call_once(once, [] {
    static_cast<void>(sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, kStatementJournal));
    static_cast<void>(sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0));
  });
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& path) {
  configure_library();
  return guarded("opening " + path.string(), [&]() -> Result<std::unique_ptr<SqliteConnection>> {
    constexpr auto kWait = std::chrono::milliseconds(sql::kPatience).count();
    auto database = std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                                       static_cast<int>(kWait));
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA synchronous = FULL");
    database->exec("PRAGMA foreign_keys = ON");
    database->exec("PRAGMA trusted_schema = OFF");
    database->exec("PRAGMA secure_delete = ON");
    return std::unique_ptr<SqliteConnection>(new SqliteConnection(std::move(database)));
  });
}

Result<std::int64_t> SqliteConnection::run(std::string_view doing, std::string_view sql, const sql::Binder& with,
                                           const Each& each) {
  return guarded(doing, [&]() -> Result<std::int64_t> {
    SQLite::Statement& statement = prepared(sql);
    const Binding binding(statement, with.values());
    const SqliteRow row(statement);
    while (statement.executeStep()) {
      sql::RowReader reader(row);
      KIP_TRY_VOID(each(reader));
    }
    return std::int64_t{sqlite3_changes(database_->getHandle())};
  });
}

Result<void> SqliteConnection::script(std::string_view doing, const std::string& sql) {
  return guarded(doing, [&] { database_->exec(sql); });
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(database_->getHandle()) == 0;
}

SQLite::Statement& SqliteConnection::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  const std::string text(sql);
  return statements_.emplace(text, SQLite::Statement(*database_, text)).first->second;
}

}  // namespace kip::server::sqlite
