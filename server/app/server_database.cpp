#include <fmt/format.h>

#include <server/app/server_database.hpp>
#include <server/app/server_keys.hpp>
#include <server/storage/postgres/postgres_store.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/daemon/stderr_log.hpp>
#include <signing/terminal/system_clock.hpp>

namespace kip::server {
namespace {

Result<PostgresOptions> postgres_options(FileSystem& files, const PostgresSettings& settings) {
  PostgresOptions out{.host = settings.host,
                      .port = settings.port,
                      .database = settings.database,
                      .user = settings.user,
                      .is_encrypted = settings.is_encrypted,
                      .ca_file = settings.ca_file.string(),
                      .connections = settings.connections,
                      .report = [](std::string_view why) {
                        const SystemClock clock;
                        StderrLog(clock).write("database.out_of_reach", {{"error", std::string(why)}});
                      }};
  if (!settings.password_file) return out;
  auto password = read_passphrase(files, settings.password_file);
  if (!password) return fail_while("reading the password for the database", password.error());
  out.password = *std::move(password);
  return out;
}

/// Before a newer program changes the tables; the name says of which migration the copy is, and when it was made.
Result<void> keep_copy(FileSystem& files, const ServerSettings& settings, std::int64_t present, std::int64_t known) {
  const SystemClock clock;
  std::string instant = format_instant(clock.now());
  std::erase_if(instant, [](char c) { return c == ':' || c == '-'; });
  const std::filesystem::path folder = directory_of(settings.database);
  const auto copy =
      folder / fmt::format("{}.before-migration-{:04}.{}", settings.database.filename().string(), present + 1, instant);
  const auto kept = SqliteStore::copy(settings.database, copy);
  if (!kept) {
    return fail_while(
        "keeping a copy of the database before its tables change (nothing was changed; there must be room "
        "for the file once more)",
        kept.error());
  }
  KIP_TRY_VOID(files.sync_tree(folder));
  StderrLog(clock).write(
      "database.kept",
      {{"copy", copy.string()}, {"migration", std::to_string(present)}, {"next", std::to_string(known)}});
  return {};
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
  const auto keep = [&](std::int64_t present, std::int64_t known) {
    return keep_copy(files, settings, present, known);
  };
  KIP_TRY(auto store, SqliteStore::open(settings.database, keep));
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
