#pragma once

// Inside server/storage/sql only.

#include <memory>

#include <server/domain/unit_of_work.hpp>

#include "connection.hpp"

namespace kip::server::sql {

/// The tables of one tenant's projection within one transaction. Both must outlive it.
class SqlProjection {
 public:
  SqlProjection(Connection& connection, const TenantId& tenant);
  ~SqlProjection();

  Projection& tables();
  Result<void> clear();
  Result<std::int64_t> form();

 private:
  struct Tables;

  Connection& connection_;
  const TenantId& tenant_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace kip::server::sql
