#pragma once

#include <span>

#include <server/storage/sql/migration.hpp>

namespace kip::server::postgres {

using sql::Migration;

/// The files in migrations/, in order; compiled in.
std::span<const Migration> migrations();

}  // namespace kip::server::postgres
