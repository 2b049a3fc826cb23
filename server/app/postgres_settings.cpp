#include <fmt/format.h>

#include <server/app/postgres_settings.hpp>
#include <signing/fetch/loopback_host.hpp>

namespace kip::server {
namespace {

/// The setting, else what goes without saying: nothing for this machine, a certificate that holds for any other.
Result<bool> read_encryption(const Settings& in, const std::string& host) {
  const bool is_here = host.starts_with('/') || is_loopback_host(host);
  if (!in.has("postgresql.tls")) return !is_here;
  const std::string& tls = in.text("postgresql.tls");
  if (tls == "verify-full" && host.starts_with('/'))
    return fail(ErrorCode::usage, "postgresql.tls: there is no encryption over a socket's folder");
  if (tls == "verify-full") return true;
  if (tls != "none")
    return fail(ErrorCode::usage, fmt::format("postgresql.tls: \"{}\" is neither verify-full nor none", tls));
  if (is_here) return false;
  return fail(
      ErrorCode::usage,
      fmt::format("postgresql.tls: \"none\" to {} lets everyone between read and change all; use verify-full", host));
}

}  // namespace

Result<std::optional<PostgresSettings>> read_postgres_settings(const Settings& in) {
  if (!in.has("postgresql.host")) return std::optional<PostgresSettings>();
  const std::string& host = in.text("postgresql.host");
  KIP_TRY(const bool is_encrypted, read_encryption(in, host));
  PostgresSettings out{host,
                       static_cast<int>(in.integer("postgresql.port")),
                       in.text("postgresql.database"),
                       in.text("postgresql.user"),
                       {},
                       is_encrypted,
                       in.path("postgresql.ca_file"),
                       static_cast<std::size_t>(in.integer("postgresql.connections"))};
  if (in.has("postgresql.password_file")) out.password_file = in.path("postgresql.password_file");
  return std::optional(std::move(out));
}

}  // namespace kip::server
