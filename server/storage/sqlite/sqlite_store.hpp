#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// The store in one SQLite file: WAL, synchronous=FULL, one writer. Several processes may use the file at once, so that
/// `kip-server token create` works beside a running server. Thread-safe.
class SqliteStore final : public Store {
 public:
  /// Called before a file that has `present` migrations gets those up to `known`; where it fails nothing is migrated.
  using BeforeMigration = std::function<Result<void>(std::int64_t present, std::int64_t known)>;

  /// Makes the file where it is missing and brings it to the newest migration. Errors: conflict where a newer program
  /// has written it; malformed where it is no database; busy, disk_full, storage; those of `before`.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& path,
                                                   const BeforeMigration& before = {});
  /// Writes what a file holds at this moment into a new one, beside whoever uses it. Nothing is synced, and what was
  /// destroyed does not come along. Errors: conflict where `to` is there; not_found; busy, disk_full, storage.
  static Result<void> copy(const std::filesystem::path& from, const std::filesystem::path& to);
  /// Reads a file through. Errors: integrity where it is damaged; malformed where it is no database; storage.
  static Result<void> check(const std::filesystem::path& path);
  ~SqliteStore() override;

  Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) override;

 private:
  struct State;
  explicit SqliteStore(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace kip::server
