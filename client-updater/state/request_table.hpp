#pragma once

// Inside client-updater/state only: requests for service in their table. May throw SQLite's exceptions.

#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include <client-updater/update/state_store.hpp>

namespace kip::updater::sql {

void put_request(SQLite::Database& database, const KeptRequest& request);
/// By id. Errors: storage where the database was damaged.
Result<std::vector<KeptRequest>> load_requests(SQLite::Database& database);

}  // namespace kip::updater::sql
