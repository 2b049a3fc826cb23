#pragma once

#include <optional>
#include <vector>

#include <client-updater/update/customer_database.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// What one database lacks of a release.
struct OutstandingMigrations {
  AttachedDatabase database;
  std::int64_t from = 0;                     ///< the last migration that is in it
  std::vector<PackageMigration> migrations;  ///< from the next one on

  bool operator==(const OutstandingMigrations&) const = default;
};

/// Nothing where it lacks none. Pure. Error conflict where the database has come further than the release knows.
Result<std::optional<OutstandingMigrations>> outstanding_migrations(const PackageManifest& release,
                                                                    const AttachedDatabase& database,
                                                                    std::int64_t level);

struct PlannedDatabase {
  AttachedDatabase database;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::optional<Sha256Digest> snapshot = {};  ///< of its content before; none of a database on a server

  bool operator==(const PlannedDatabase&) const = default;
};

/// The databases that change together with the files, durable before any of them does. The commit in the first one is
/// the commit point of the whole switch; the others follow, again after any interruption. "kip.migrations/1".
/// Format: docs/formats/migrations.md
struct MigrationPlan {
  std::string update;
  Target target;
  std::optional<Target> from = {};
  std::vector<PlannedDatabase> databases = {};  ///< at least one; those that can be restored come first

  bool operator==(const MigrationPlan&) const = default;
};

Bytes to_bytes(const MigrationPlan& plan);
/// Errors: malformed, too_large.
Result<MigrationPlan> parse_migration_plan(BytesView bytes);

}  // namespace kip::updater
