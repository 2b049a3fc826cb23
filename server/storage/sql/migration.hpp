#pragma once

// Inside server/storage only.

#include <span>
#include <string_view>

#include "connection.hpp"

namespace kip::server::sql {

struct Migration {
  int number = 0;         ///< from 1 without gaps
  std::string_view name;  ///< of its file, "0001_initial.sql"
  std::string_view text;
};

/// Brings the table `migrations`, which must be there, and all others to the last of those that are known, within the
/// connection's transaction, in which nobody else may migrate. Errors: conflict where a newer program has migrated the
/// database; those of the connection.
Result<void> migrate(Connection& connection, std::span<const Migration> known);

}  // namespace kip::server::sql
