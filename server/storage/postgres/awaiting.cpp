#include "awaiting.hpp"

namespace kip::server::postgres {
namespace {

/// False where the server takes nothing for too long.
bool send_all(PGconn* connection, Limit limit) {
  // What goes wrong otherwise is in the answer.
  while (PQflush(connection) > 0) {
    if (!wait_for(connection, Readiness::either, limit)) return false;
    if (PQconsumeInput(connection) == 0) return true;
  }
  return true;
}

bool receive_one(PGconn* connection, Limit limit) {
  while (PQisBusy(connection) != 0) {
    if (!wait_for(connection, Readiness::reading, limit)) return false;
    if (PQconsumeInput(connection) == 0) return true;
  }
  return true;
}

}  // namespace

std::optional<Answer> await_answer(PGconn* connection, int sent, Limit limit) {
  if (sent == 0) return Answer();
  if (!send_all(connection, limit)) return std::nullopt;
  Answer last;
  for (;;) {
    if (!receive_one(connection, limit)) return std::nullopt;
    Answer next(PQgetResult(connection));
    if (!next) return last;
    last = std::move(next);
    if (PQstatus(connection) == CONNECTION_BAD) return last;
  }
}

}  // namespace kip::server::postgres
