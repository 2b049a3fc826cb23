#pragma once

// Inside client-updater/state only: the value State in its tables. May throw SQLite's exceptions.

#include <SQLiteCpp/SQLiteCpp.h>

#include <client-updater/update/state.hpp>

namespace kip::updater::sql {

Result<State> load_state(SQLite::Database& database);
/// Inside a transaction of the caller.
void save_state(SQLite::Database& database, const State& state);

}  // namespace kip::updater::sql
