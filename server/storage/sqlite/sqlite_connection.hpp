#pragma once

// Inside server/storage/sqlite only.

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include <server/storage/sql/connection.hpp>

namespace kip::server::sqlite {

/// Keeps every statement that it has run. Not thread-safe.
class SqliteConnection final : public sql::Connection {
 public:
  /// Makes the file where it is missing.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& path);

  Result<std::int64_t> run(std::string_view doing, std::string_view sql, const sql::Binder& with,
                           const Each& each) override;
  Result<void> script(std::string_view doing, const std::string& sql) override;
  bool in_transaction() const;

 private:
  explicit SqliteConnection(std::unique_ptr<SQLite::Database> database) : database_(std::move(database)) {}
  SQLite::Statement& prepared(std::string_view sql);

  std::unique_ptr<SQLite::Database> database_;
  std::map<std::string, SQLite::Statement, std::less<>> statements_;
};

}  // namespace kip::server::sqlite
