#pragma once

#include <client-updater/update/install.hpp>
#include <client-updater/update/migration_plan.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// What a release would do to the databases that are attached here: nothing for most. Errors: those of DatabaseEngine;
/// conflict where a database has come further than the release knows.
Result<std::vector<OutstandingMigrations>> find_outstanding(const Install& install, const PackageManifest& release);

/// The scripts out of a complete version. Errors: integrity where one is not what the manifest says.
Result<std::vector<MigrationScript>> read_scripts(FileSystem& files, const std::filesystem::path& version,
                                                  const PackageManifest& manifest,
                                                  const std::vector<PackageMigration>& migrations);

/// Tries on copies what a complete version would do to the databases, and says how long that took. Errors: as of
/// DatabaseEngine::rehearse(); then nothing was touched.
Result<void> rehearse_migrations(Install& install, const Narrator& narrator, const PackageManifest& release,
                                 const std::filesystem::path& version);

struct AttachResult {
  AttachedDatabase database;
  std::int64_t level = 0;      ///< the last migration that is in it now
  std::int64_t caught_up = 0;  ///< so many were run now
  bool repeated = false;       ///< it was attached already
};

struct DatabaseToAttach {
  std::string kind;
  std::string location;  ///< an absolute path without links
  DatabaseMake make = DatabaseMake::sqlite;
};

/// Remembers a database, after bringing it to where the version in use expects it. Errors: conflict where it is
/// attached as another kind, or the install is held; those of find_outstanding() and of the engine.
Result<AttachResult> attach_database(Install& install, const Narrator& narrator, const DatabaseToAttach& wanted);

/// Forgets a database; its content stays. Errors: not_found; conflict where the install is held.
Result<AttachedDatabase> detach_database(Install& install, const Narrator& narrator, const std::string& location);

struct DatabaseStatus {
  AttachedDatabase database;
  std::optional<std::int64_t> level;  ///< nothing where it could not be read
  std::string failure = {};           ///< why
};

Result<std::vector<DatabaseStatus>> list_databases(DatabaseEngine& engine, const State& state);

}  // namespace kip::updater
