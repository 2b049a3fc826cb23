#include <fmt/format.h>

#include <server/app/server_database.hpp>
#include <server/app/server_keys.hpp>
#include <server/storage/postgres/postgres_store.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>

namespace kip::server {
namespace {

Result<PostgresOptions> postgres_options(FileSystem& files, const PostgresSettings& settings) {
  PostgresOptions out{.host = settings.host,
                      .port = settings.port,
                      .database = settings.database,
                      .user = settings.user,
                      .is_encrypted = settings.is_encrypted,
                      .ca_file = settings.ca_file.string(),
                      .connections = settings.connections};
  if (!settings.password_file) return out;
  constexpr unsigned kEverybody = 0007;
  KIP_TRY(const FileStatus status, files.status(*settings.password_file));
  if (status.kind == FileKind::file && (status.mode & kEverybody) != 0) {
    return fail(ErrorCode::denied,
                fmt::format("{0} can be read by everybody; chmod 600 {0}", settings.password_file->string()));
  }
  auto password = read_passphrase(files, settings.password_file);
  if (!password) return fail_while("reading the password for the database", password.error());
  out.password = *std::move(password);
  return out;
}

}  // namespace

Result<std::unique_ptr<Store>> open_database(FileSystem& files, const ServerSettings& settings) {
  if (settings.postgres) {
    KIP_TRY(PostgresOptions options, postgres_options(files, *settings.postgres));
    KIP_TRY(auto store, PostgresStore::open(std::move(options)));
    return std::unique_ptr<Store>(std::move(store));
  }
  KIP_TRY(const bool has_database, path_exists(files, settings.database));
  if (!has_database) {
    return fail(
        ErrorCode::not_found,
        fmt::format("there is no database {}: correct the setting \"database\", mount its disk, or restore it from "
                    "a backup; a server never begins a new one by itself",
                    settings.database.string()));
  }
  KIP_TRY(auto store, SqliteStore::open(settings.database));
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<Store>> begin_database(FileSystem& files, const ServerSettings& settings) {
  if (settings.postgres) {
    KIP_TRY(PostgresOptions options, postgres_options(files, *settings.postgres));
    KIP_TRY(auto store, PostgresStore::create(std::move(options)));
    return std::unique_ptr<Store>(std::move(store));
  }
  KIP_TRY(auto store, SqliteStore::open(settings.database));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace kip::server
