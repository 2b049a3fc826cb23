#pragma once

#include <memory>
#include <string>
#include <vector>

#include <server/storage/postgres/postgres_options.hpp>

namespace kip::testing {

/// A database on the server that with_postgresql.sh has started, owned by a role that may do nothing else there, and
/// with an order of texts that is not that of their octets. One for each process: make() empties it.
class PostgresDatabase {
 public:
  /// None where there is no such server.
  static std::unique_ptr<PostgresDatabase> make();
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  server::PostgresOptions options() const;
  const std::string& name() const { return name_; }
  /// As the server's administrator, within this database; the first column of the first row, or what is wrong.
  std::string sql(const std::string& text) const;

  /// kill -9 of the server, and starts it again.
  static void kill_server();
  static void start_server();

  /// While it lives, no process of the server does anything (SIGSTOP).
  class Standstill {
   public:
    explicit Standstill(std::vector<int> processes);
    ~Standstill();
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;

   private:
    std::vector<int> processes_;
  };
  std::unique_ptr<Standstill> standstill() const;

 private:
  PostgresDatabase(std::string folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  std::string folder_;
  std::string name_;
};

}  // namespace kip::testing
