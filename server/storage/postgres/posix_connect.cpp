#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>
#include <poll.h>

#include "postgres_error.hpp"
#include "postgres_handle.hpp"

namespace kip::server::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Of a session: nothing lasts for ever, tables are looked for where migrations make them, and a server notices that we
/// are gone.
std::string session(const PostgresOptions& options) {
  return fmt::format(
      "-c search_path=public -c client_min_messages=error -c lock_timeout={} -c statement_timeout=60s -c "
      "idle_in_transaction_session_timeout=600s "
      "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
      options.patience.count());
}

Handle start(const PostgresOptions& options) {
  const std::string port = std::to_string(options.port);
  const std::string session_options = session(options);
  const std::array<std::array<const char*, 2>, 19> parameters = {{
      {"host", options.host.c_str()},
      {"port", port.c_str()},
      {"dbname", options.database.c_str()},
      {"user", options.user.c_str()},
      {"password", options.password.reveal().data()},
      {"sslmode", options.is_encrypted ? "verify-full" : "disable"},
      {"sslrootcert", options.ca_file.c_str()},
      {"ssl_min_protocol_version", "TLSv1.2"},
      {"gssencmode", "disable"},
      {"channel_binding", "prefer"},
      {"application_name", "kip-server"},
      {"client_encoding", "UTF8"},
      {"target_session_attrs", "read-write"},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "60000"},
      {"options", session_options.c_str()},
      {nullptr, nullptr},
  }};
  std::array<const char*, parameters.size()> names{};
  std::array<const char*, parameters.size()> values{};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    names[i] = parameters[i][0];
    values[i] = parameters[i][1];
  }
  return Handle(PQconnectStartParams(names.data(), values.data(), 0));
}

short events_of(Readiness what) {
  switch (what) {
    case Readiness::reading:
      return POLLIN;
    case Readiness::writing:
      return POLLOUT;
    case Readiness::either:
      break;
  }
  return POLLIN | POLLOUT;
}

std::chrono::milliseconds left_until(SteadyClock::time_point end) {
  return std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now());
}

/// The state within `FATAL:  53300: sorry, too many clients`, whose first word depends on the server's language.
std::string_view state_in(std::string_view text) {
  constexpr std::size_t kLength = 5;
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t at = text.find(":  "); at != std::string_view::npos; at = text.find(":  ", at + 1)) {
    const std::string_view state = text.substr(at + 3, kLength);
    if (state.size() == kLength && std::all_of(state.begin(), state.end(), fits) &&
        text.substr(at + 3 + kLength).starts_with(": "))
      return state;
  }
  return {};
}

}  // namespace

bool wait_for(PGconn* connection, Readiness what, std::optional<std::chrono::milliseconds> limit) {
  const auto end = SteadyClock::now() + limit.value_or(std::chrono::milliseconds(0));
  for (;;) {
    const auto left = limit ? left_until(end).count() : -1;
    if (limit && left <= 0) return false;
    pollfd socket{PQsocket(connection), events_of(what), 0};
    if (socket.fd < 0) return true;  // it was lost, as the next call says
    if (::poll(&socket, 1, static_cast<int>(left)) > 0) return true;
  }
}

Result<Handle> connect(const PostgresOptions& options) {
  const std::string doing = fmt::format("connecting to the database {} of {}", options.database, options.host);
  const auto end = SteadyClock::now() + options.patience;
  Handle handle = start(options);
  if (!handle) return failure(doing, "", "out of memory");
  // What the server says besides goes to nobody: an error is told by the statement that fails of it.
  PQsetNoticeReceiver(
      handle.get(), [](void*, const PGresult*) {}, nullptr);
  // So that errors come with their SQLSTATE, which has no other way out before there is a session.
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED && PQstatus(handle.get()) != CONNECTION_BAD) {
    const Readiness what = state == PGRES_POLLING_READING ? Readiness::reading : Readiness::writing;
    if (!wait_for(handle.get(), what, left_until(end))) return failure(doing, "", "it does not answer");
    state = PQconnectPoll(handle.get());
  }
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    const std::string_view message = PQerrorMessage(handle.get());
    return failure(doing, state_in(message), message.substr(0, message.find("\nLOCATION")));
  }
  PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle.get(), 1) != 0) return failure(doing, "", "out of memory");
  return handle;
}

}  // namespace kip::server::postgres
