#pragma once

// Inside server/storage/postgres only.

#include <string_view>

#include <manifests/core/result.hpp>

namespace kip::server::postgres {

/// What an SQLSTATE means to us; "" is a connection that was never made. Source: PostgreSQL 15, appendix A.
ErrorCode code_of(std::string_view state);

/// Of a server that cannot be asked now; why is for the log.
inline constexpr std::string_view kOutOfReach = "the database cannot be reached at the moment; try again";

/// "recording an event: PostgreSQL: could not extend file (53100); free some space".
Unexpected failure(std::string_view doing, std::string_view state, std::string_view message);

}  // namespace kip::server::postgres
