#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <client-updater/update/state.hpp>

namespace kip::updater::sql {

// Inside client-updater/state only.

/// What the install remembers of the vendor's log, into the state. Errors: storage.
Result<void> load_log(SQLite::Database& database, State& state);
/// Writes only where something has changed: heads are large, and the state is saved often.
void save_log(SQLite::Database& database, const State& state);

}  // namespace kip::updater::sql
