#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/databases.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0700;

std::string new_update(const Ports& ports) {
  constexpr std::size_t kOctets = 16;
  return to_hex(ports.random.bytes(kOctets));
}

Result<void> recover(Install& install, const Narrator& narrator) {
  Applier applier(install, narrator);
  KIP_TRY_VOID(applier.recover());
  return applier.expect_not_held();
}

Result<void> rehearse(Install& install, const Narrator& narrator, const OutstandingMigrations& outstanding,
                      const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) {
  FileSystem& files = install.ports().files;
  const std::filesystem::path folder = install.layout().rehearsal();
  const auto& [kind, location, attached_at, make] = outstanding.database;
  narrator.say(fmt::format(
      "trying {} migration{} {} the {} database {}", scripts.size(), scripts.size() == 1 ? "" : "s",
      make == DatabaseMake::sqlite ? "on a copy of" : "in a transaction, which is undone, of", kind, location));
  KIP_TRY_VOID(files.remove_tree(folder));
  KIP_TRY_VOID(files.make_directory(folder, kOwnerOnly));
  const auto took = install.ports().databases.rehearse(outstanding.database, scripts, stamp, folder);
  KIP_TRY_VOID(files.remove_tree(folder));
  if (!took) return Unexpected(took.error());
  narrator.say(fmt::format("that took {:.1f} s", std::chrono::duration<double>(*took).count()));
  return {};
}

/// Brings one database to where the version in use expects it. Its own transaction is all that is needed.
Result<void> catch_up(Install& install, const Narrator& narrator, const OutstandingMigrations& outstanding,
                      const PackageManifest& release, const std::filesystem::path& version) {
  KIP_TRY(const auto scripts, read_scripts(install.ports().files, version, release, outstanding.migrations));
  const MigrationStamp stamp{new_update(install.ports()), outstanding.database.kind, release.content().version,
                             install.ports().clock.now()};
  KIP_TRY_VOID(rehearse(install, narrator, outstanding, scripts, stamp));
  KIP_TRY(const auto database, install.ports().databases.open(outstanding.database));
  KIP_TRY_VOID(database->migrate(scripts, stamp));
  return database->commit();
}

}  // namespace

Result<std::vector<OutstandingMigrations>> find_outstanding(const Install& install, const PackageManifest& release) {
  std::vector<OutstandingMigrations> out;
  for (const AttachedDatabase& database : install.state().databases) {
    KIP_TRY(const MigrationLevel level, install.ports().databases.level(database));
    KIP_TRY(auto outstanding, outstanding_migrations(release, database, level.number));
    if (outstanding) out.push_back(*std::move(outstanding));
  }
  return out;
}

Result<std::vector<MigrationScript>> read_scripts(FileSystem& files, const std::filesystem::path& version,
                                                  const PackageManifest& manifest,
                                                  const std::vector<PackageMigration>& migrations) {
  std::vector<MigrationScript> out;
  for (const PackageMigration& migration : migrations) {
    const PackageFile* file = manifest.find(migration.file.str());
    KIP_CHECK(file != nullptr);
    const std::filesystem::path path = version / migration.file.str();
    KIP_TRY(Bytes text, read_file(files, path, PackageMigration::kMaxScript));
    if (sha256(text) != file->sha256) {
      return fail(ErrorCode::integrity, fmt::format("the script {} is not what the vendor signed", path.string()));
    }
    out.push_back({migration.number, migration.file.str(), file->sha256, std::move(text)});
  }
  return out;
}

Result<void> rehearse_migrations(Install& install, const Narrator& narrator, const PackageManifest& release,
                                 const std::filesystem::path& version) {
  KIP_TRY(const auto outstanding, find_outstanding(install, release));
  for (const OutstandingMigrations& one : outstanding) {
    KIP_TRY(const auto scripts, read_scripts(install.ports().files, version, release, one.migrations));
    const MigrationStamp stamp{new_update(install.ports()), one.database.kind, release.content().version,
                               install.ports().clock.now()};
    KIP_TRY_VOID(rehearse(install, narrator, one, scripts, stamp));
  }
  return {};
}

Result<AttachResult> attach_database(Install& install, const Narrator& narrator, const DatabaseToAttach& wanted) {
  const auto& [kind, location, make] = wanted;
  KIP_TRY_VOID(recover(install, narrator));
  const Ports& ports = install.ports();
  AttachResult result{.database = {kind, location, ports.clock.now(), make}};
  for (const AttachedDatabase& known : install.state().databases) {
    if (known.location != location) continue;
    if (known.kind != kind || known.make != make) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} is attached as a {} database ({})", location, known.kind, to_string(known.make)));
    }
    result.database = known;
    result.repeated = true;
  }
  KIP_TRY(const MigrationLevel level, ports.databases.level(result.database));
  result.level = level.number;
  if (const InstalledVersion* current = install.state().current()) {
    KIP_TRY(const auto release, install.manifests().find(current->target.manifest));
    KIP_TRY(const auto outstanding, outstanding_migrations(*release, result.database, level.number));
    if (outstanding) {
      KIP_TRY_VOID(catch_up(install, narrator, *outstanding, *release, install.layout().version(current->target)));
      result.level = outstanding->migrations.back().number;
      result.caught_up = std::ssize(outstanding->migrations);
    }
  }
  if (result.repeated) return result;
  State next = install.state();
  next.databases.push_back(result.database);
  KIP_TRY_VOID(install.save(std::move(next), std::nullopt));
  return result;
}

Result<AttachedDatabase> detach_database(Install& install, const Narrator& narrator, const std::string& location) {
  KIP_TRY_VOID(recover(install, narrator));
  State next = install.state();
  const auto found = std::find_if(next.databases.begin(), next.databases.end(),
                                  [&](const AttachedDatabase& known) { return known.location == location; });
  if (found == next.databases.end()) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is not attached here; kip-updater database list shows what is", location));
  }
  const AttachedDatabase detached = *found;
  next.databases.erase(found);
  KIP_TRY_VOID(install.save(std::move(next), std::nullopt));
  return detached;
}

Result<std::vector<DatabaseStatus>> list_databases(DatabaseEngine& engine, const State& state) {
  std::vector<DatabaseStatus> out;
  for (const AttachedDatabase& database : state.databases) {
    const auto level = engine.level(database);
    if (level) {
      out.push_back({database, level->number});
    } else {
      out.push_back({database, std::nullopt, level.error().message});
    }
  }
  return out;
}

}  // namespace kip::updater
