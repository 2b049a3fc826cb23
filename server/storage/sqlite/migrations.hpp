#pragma once

#include <span>
#include <string_view>

#include <SQLiteCpp/SQLiteCpp.h>

#include <manifests/core/result.hpp>

namespace kip::server::sql {

struct Migration {
  int number = 0;         ///< from 1 without gaps
  std::string_view name;  ///< of its file, "0001_initial.sql"
  std::string_view text;
};

/// The files in migrations/, in order; compiled in.
std::span<const Migration> migrations();

/// Brings a database to the last migration in one transaction and records each. Errors: conflict where a
/// newer program has migrated the database; busy, disk_full, storage.
Result<void> migrate(SQLite::Database& database);

}  // namespace kip::server::sql
