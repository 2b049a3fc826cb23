#pragma once

// Inside server/storage/postgres only.

#include <chrono>
#include <optional>

#include "postgres_handle.hpp"

namespace kip::server::postgres {

/// How long nothing at all may come of the server; without a value, for ever.
using Limit = std::optional<std::chrono::milliseconds>;

/// The last answer to what was sent (0: could not be), as PQexec gives it: empty where the connection is lost. Nothing
/// where the server was silent for the limit; nothing can be done with the connection then.
std::optional<Answer> await_answer(PGconn* connection, int sent, Limit limit);

}  // namespace kip::server::postgres
