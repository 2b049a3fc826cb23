#pragma once

// Inside server/storage/sqlite only.

#include <memory>

#include <SQLiteCpp/SQLiteCpp.h>

#include <server/domain/unit_of_work.hpp>

namespace kip::server::sql {

/// The tables of one tenant's projection within one transaction. Database and tenant must outlive it.
class SqlProjection {
 public:
  SqlProjection(SQLite::Database& database, const TenantId& tenant);
  ~SqlProjection();

  Projection& tables();
  Result<void> clear();
  Result<std::int64_t> form();

 private:
  struct Tables;

  SQLite::Database& database_;
  const TenantId& tenant_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace kip::server::sql
