#pragma once

// Inside server/storage only.

#include <string>
#include <string_view>

namespace kip::server::sql {

/// "INSERT INTO table (tenant, a, b) VALUES (?, ?, ?) ON CONFLICT (tenant, a) DO UPDATE SET b = excluded.b", of columns
/// "a, b" and a key "a". Some column is outside the key.
std::string upsert(std::string_view table, std::string_view columns, std::string_view key);

}  // namespace kip::server::sql
