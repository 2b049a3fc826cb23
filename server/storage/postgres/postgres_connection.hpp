#pragma once

// Inside server/storage/postgres only.

#include <functional>
#include <map>
#include <string>

#include <server/storage/sql/connection.hpp>

#include "awaiting.hpp"
#include "postgres_handle.hpp"

namespace kip::server::postgres {

/// Keeps every statement that it has run. Not thread-safe.
class PostgresConnection final : public sql::Connection {
 public:
  /// Waits for `options.silence`. Errors: those of connect(), which name the server; storage where it may lose what it
  /// has acknowledged, or does not keep UTF-8.
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresOptions& options);

  Result<std::int64_t> run(std::string_view doing, std::string_view sql, const sql::Binder& with,
                           const Each& each) override;
  Result<void> script(std::string_view doing, const std::string& sql) override;
  /// Errors: storage too where a statement before has failed, so that all was undone; busy too where nobody knows.
  Result<void> commit();

  void wait_at_most(Limit limit) { limit_ = limit; }
  /// Whether it was lost because the server did not answer in time.
  bool is_silent() const { return is_silent_; }
  bool is_lost() const { return PQstatus(handle_.get()) == CONNECTION_BAD; }
  /// Whether it is alive and in no transaction.
  bool is_idle() const { return !is_lost() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE; }

 private:
  PostgresConnection(Handle handle, const PostgresOptions& options)
      : handle_(std::move(handle)), limit_(options.silence), report_(options.report) {}
  /// What comes of what was sent. Errors: busy where nothing comes in time.
  Result<Answer> answer(std::string_view doing, int sent);
  /// The server keeps the plans of prepared statements, and those made for small tables are bad for large ones; within
  /// one transaction nothing tells it. They are made anew each time twice as many statements have run.
  Result<void> renew_plans();
  Result<const char*> prepared(std::string_view doing, std::string_view sql);
  Unexpected failed(std::string_view doing, const PGresult* answer) const;
  Result<void> check_server();

  Handle handle_;  ///< empty once it was silent
  Limit limit_;
  bool is_silent_ = false;
  std::function<void(std::string_view)> report_;
  std::int64_t runs_ = 0;
  std::int64_t renewed_at_ = 500;                          ///< of `runs_`
  std::map<std::string, std::string, std::less<>> names_;  ///< SQL -> the name of the prepared statement
};

}  // namespace kip::server::postgres
