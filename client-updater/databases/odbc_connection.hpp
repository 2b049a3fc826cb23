#pragma once

// Inside client-updater/databases only: ODBC's C interface with our errors.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sql.h>
#include <sqlext.h>

#include <manifests/core/result.hpp>

namespace kip::updater::odbc {

/// One of ODBC's handles, freed at the end.
class Handle {
 public:
  Handle(SQLSMALLINT type, SQLHANDLE parent);
  ~Handle();
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&&) = delete;

  SQLHANDLE get() const { return handle_; }
  /// What the last call on it failed with. `otherwise`: the code of mistakes in a statement or in data.
  Unexpected failure(std::string_view doing, ErrorCode otherwise) const;

 private:
  SQLSMALLINT type_;
  SQLHANDLE handle_ = SQL_NULL_HANDLE;
};

/// A connection with one transaction at a time, which is undone unless it is committed. Not thread-safe.
class Connection {
 public:
  /// `name`: what messages call it. They never have the connection string, which may hold a password.
  static Result<Connection> open(std::string text, std::string name);
  ~Connection();
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) = delete;

  /// Runs one statement with texts in the place of its question marks. Errors: conflict where the statement fails;
  /// busy, network, disk_full, denied.
  Result<void> run(const std::string& sql, const std::vector<std::string>& values = {});
  /// The rows that a query gives, at most `most` and one more, NULL as an empty text. Errors: too_large for a value
  /// above 1 MiB.
  Result<std::vector<std::vector<std::string>>> query(const std::string& sql, std::size_t most);
  Result<bool> has_table(const std::string& table);
  Result<void> commit() { return end(SQL_COMMIT); }
  Result<void> undo() { return end(SQL_ROLLBACK); }

  const std::string& name() const { return name_; }

 private:
  Connection(Handle environment, Handle connection, std::string name);
  Result<void> end(SQLSMALLINT how);
  Result<Handle> execute(const std::string& sql, const std::vector<std::string>& values);

  Handle environment_;
  std::optional<Handle> connection_;
  std::string name_;
};

}  // namespace kip::updater::odbc
