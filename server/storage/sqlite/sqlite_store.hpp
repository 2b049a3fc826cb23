#pragma once

#include <filesystem>
#include <memory>

#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// The store in one SQLite file: WAL, synchronous=FULL, one writer. Several processes may use the file at once, so that
/// `kip-server token create` works beside a running server. Thread-safe.
class SqliteStore final : public Store {
 public:
  /// Makes the file where it is missing and brings it to the newest migration. Errors: conflict where a newer program
  /// has written it; malformed where it is no database; busy, disk_full, storage.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& path);
  ~SqliteStore() override;

  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override;

 private:
  struct State;
  explicit SqliteStore(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace kip::server
