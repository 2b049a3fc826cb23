#pragma once

// Inside server/storage only.

#include <memory>

#include <server/domain/unit_of_work.hpp>

#include "connection.hpp"

namespace kip::server::sql {

/// A tenant's unit of work over a transaction, which ends with it.
std::unique_ptr<UnitOfWork> make_unit(std::unique_ptr<Transaction> transaction, const TenantId& tenant, Access access);

}  // namespace kip::server::sql
