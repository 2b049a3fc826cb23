#pragma once

// Inside server/storage/postgres only.

#include <map>
#include <string>

#include <server/storage/sql/connection.hpp>

#include "postgres_handle.hpp"

namespace kip::server::postgres {

/// Keeps every statement that it has run. Not thread-safe.
class PostgresConnection final : public sql::Connection {
 public:
  /// Errors: those of connect(); storage where the server may lose what it has acknowledged, or does not keep UTF-8.
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresOptions& options);

  Result<std::int64_t> run(std::string_view doing, std::string_view sql, const sql::Binder& with,
                           const Each& each) override;
  Result<void> script(std::string_view doing, const std::string& sql) override;
  /// Errors: storage too where a statement before has failed, so that all was undone.
  Result<void> commit();

  bool is_lost() const { return PQstatus(handle_.get()) == CONNECTION_BAD; }
  /// Whether it is alive and in no transaction.
  bool is_idle() const { return !is_lost() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE; }

 private:
  explicit PostgresConnection(Handle handle) : handle_(std::move(handle)) {}
  Result<const char*> prepared(std::string_view doing, std::string_view sql);
  Unexpected failed(std::string_view doing, const PGresult* answer) const;
  Result<void> check_server();

  Handle handle_;
  std::map<std::string, std::string, std::less<>> names_;  ///< SQL -> the name of the prepared statement
};

}  // namespace kip::server::postgres
