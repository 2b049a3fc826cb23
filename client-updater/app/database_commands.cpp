#include <client-updater/app/database_commands.hpp>
#include <client-updater/app/running.hpp>
#include <client-updater/platform/posix/launch.hpp>
#include <client-updater/update/databases.hpp>
#include <manifests/model/package_upkeep.hpp>

namespace kip::updater {
namespace {

/// Without links, so that what is opened later is what was meant now.
Result<std::string> real_path(const std::filesystem::path& path) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(path, failed);
  if (!failed) return real.string();
  return fail(ErrorCode::not_found, "there is no database " + path.string());
}

}  // namespace

Result<void> run_database_attach(const Arguments& arguments) {
  DatabaseToAttach wanted;
  KIP_TRY(wanted.kind, parse_database_kind(arguments.database_kind));
  KIP_TRY(wanted.location, real_path(arguments.database));
  wanted.make = arguments.odbc ? DatabaseMake::odbc : DatabaseMake::sqlite;
  return with_install(arguments, [&](Install& install, const Narrator& narrator) {
    return attach_database(install, narrator, wanted);
  });
}

Result<void> run_database_detach(const Arguments& arguments) {
  // One that is gone is named as it was.
  std::string location = arguments.database.string();
  if (const auto real = real_path(arguments.database)) location = *real;
  return with_install(arguments, [&](Install& install, const Narrator& narrator) -> Result<DetachResult> {
    KIP_TRY(AttachedDatabase detached, detach_database(install, narrator, location));
    return DetachResult{std::move(detached)};
  });
}

Result<void> run_database_list(const Arguments& arguments) {
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::look));
  const Ports ports = session->ports();
  KIP_TRY(const State state, ports.store.load());
  KIP_TRY(const auto databases, list_databases(ports.databases, state));
  print(arguments, describe(databases));
  return {};
}

Result<void> run_launch(const Arguments& arguments) {
  std::error_code unknown;
  const auto folder = std::filesystem::absolute(arguments.folder, unknown);
  if (unknown) return fail(ErrorCode::usage, "name --dir by its whole path");
  return launch(Layout(folder), arguments.command);
}

}  // namespace kip::updater
