#pragma once

// Inside server/storage/postgres only.

#include <string>
#include <string_view>

namespace kip::server::postgres {

/// SQL with `$1`, `$2`, … in the place of each `?` that is in no 'text'.
std::string numbered(std::string_view sql);

}  // namespace kip::server::postgres
