#pragma once

// Inside client-updater/databases only: statements that others have written, run with bounds.

#include <string>

#include <client-updater/update/customer_database.hpp>
#include <manifests/core/instant.hpp>

#include "sqlite_handle.hpp"

namespace kip::updater::sqlite {

/// Runs a script within the transaction that is open. It may neither end that, nor reach another file, nor touch what
/// is recorded of migrations. Errors: malformed where it tries to, and for what is no SQL in UTF-8; conflict where a
/// statement fails or the time is over; those of Handle. The message names the script and the line.
Result<void> run_script(Handle& database, const MigrationScript& script, const Clock& clock);

/// The one value of one row of a query that only reads. Errors: malformed where it does anything else; conflict.
Result<std::string> run_query(Handle& database, const std::string& query, const Clock& clock);

}  // namespace kip::updater::sqlite
