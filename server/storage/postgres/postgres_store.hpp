#pragma once

#include <memory>

#include <server/domain/unit_of_work.hpp>
#include <server/storage/postgres/postgres_options.hpp>

namespace kip::server {

/// The store in a database of a PostgreSQL server: readers see the last committed state, one writer at a time among all
/// processes, durable on commit. Connections are made as they are needed and again where they were lost, so that a
/// server that comes back is picked up. While it is out of reach, begin() fails with busy and does not say where it is,
/// which PostgresOptions::report is told; for a while nobody even tries. Thread-safe.
class PostgresStore final : public Store {
 public:
  /// Brings the database to the newest migration. Errors: not_found where no kip-server has begun one there, or there
  /// is no such database; conflict where a newer program has written it; denied; busy, disk_full, storage.
  static Result<std::unique_ptr<PostgresStore>> open(PostgresOptions options);
  /// Begins a database where there is nothing of another. Errors: conflict where a kip-server has recorded something
  /// there, or somebody else has tables of the same names; as of open().
  static Result<std::unique_ptr<PostgresStore>> create(PostgresOptions options);
  ~PostgresStore() override;

  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override;
  void expect_prompt_answers() override;
  /// Writes all tables anew. What went into the server's write-ahead log, its archive and backups is not in reach.
  Result<void> overwrite_destroyed() override;

 private:
  struct State;
  explicit PostgresStore(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace kip::server
