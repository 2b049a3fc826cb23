#pragma once

// Inside server/storage/postgres only: what libpq gives out.

#include <chrono>
#include <memory>
#include <optional>

#include <libpq-fe.h>

#include <manifests/core/result.hpp>
#include <server/storage/postgres/postgres_options.hpp>

namespace kip::server::postgres {

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, CloseConnection>;

struct ClearAnswer {
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using Answer = std::unique_ptr<PGresult, ClearAnswer>;

enum class Readiness { reading, writing, either };

/// Waits until the connection's socket is ready; false where that takes longer than the limit.
bool wait_for(PGconn* connection, Readiness what, std::optional<std::chrono::milliseconds> limit);

/// A session whose waiting is bounded on both sides. Errors: those of failure(); storage where the server cannot be
/// reached within `patience` (and the resolver's time) or its certificate does not hold.
Result<Handle> connect(const PostgresOptions& options);

}  // namespace kip::server::postgres
