#include <fmt/format.h>

#include <server/storage/sqlite/migrations.hpp>

#include "sql_error.hpp"

namespace kip::server::sql {
namespace {

constexpr const char* kRecord =
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";

}  // namespace

Result<void> migrate(SQLite::Database& database) {
  return guarded("preparing the database", [&]() -> Result<void> {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(kRecord);
    const int present = database.execAndGet("SELECT coalesce(max(number), 0) FROM migrations").getInt();
    const auto known = migrations();
    if (present > static_cast<int>(known.size())) {
      return fail(ErrorCode::conflict,
                  fmt::format("the database has migration {}, this program knows {}; use the newer program", present,
                              known.size()));
    }
    for (const Migration& migration : known.subspan(static_cast<std::size_t>(present))) {
      database.exec(std::string(migration.text));
      SQLite::Statement record(database, "INSERT INTO migrations (number, name) VALUES (?, ?)");
      record.bind(1, migration.number);
      record.bind(2, std::string(migration.name));
      record.exec();
    }
    transaction.commit();
    return {};
  });
}

}  // namespace kip::server::sql
