#include <fmt/format.h>

#include <client-updater/update/migration_plan.hpp>
#include <manifests/codec/reader.hpp>

namespace kip::updater {
namespace {

constexpr json::Limits kLimits = {.bytes = 4U << 20U, .depth = 8, .values = 100'000};
constexpr std::size_t kMaxPath = 4096;

json::Value database_json(const PlannedDatabase& planned) {
  json::Object out = to_json(planned.database);
  out["from"] = planned.from;
  out["to"] = planned.to;
  if (planned.snapshot) out["snapshot"] = planned.snapshot->hex();
  return out;
}

Result<PlannedDatabase> read_database(const json::Value& value) {
  json::ObjectReader in(value, "database");
  auto kind = in.parsed("kind", parse_database_kind);
  std::string location = in.text("location", kMaxPath);
  const auto attached_at = in.parsed("attached_at", parse_instant);
  const auto make = in.parsed("make", parse_database_make);
  const std::int64_t from = in.integer("from", 0, PackageMigration::kMaxNumber);
  const std::int64_t to = in.integer("to", 1, PackageMigration::kMaxNumber);
  const auto snapshot = in.optional_parsed("snapshot", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return PlannedDatabase{{*std::move(kind), std::move(location), *attached_at, *make}, from, to, snapshot};
}

}  // namespace

Result<std::optional<OutstandingMigrations>> outstanding_migrations(const PackageManifest& release,
                                                                    const AttachedDatabase& database,
                                                                    std::int64_t level) {
  OutstandingMigrations out{.database = database, .from = level, .migrations = {}};
  std::int64_t known = 0;
  for (const PackageMigration& migration : release.content().subject.upkeep.migrations) {
    if (migration.database != database.kind) continue;
    known = migration.number;
    if (migration.number > level) out.migrations.push_back(migration);
  }
  if (level > known) {
    return fail(
        ErrorCode::conflict,
        fmt::format("the {} database {} has come to migration {}, and version {} knows it up to {} only; ask the "
                    "vendor for a version that goes on from there",
                    database.kind, database.location, level, release.content().version.str(), known));
  }
  if (out.migrations.empty()) return std::optional<OutstandingMigrations>();
  return std::optional(std::move(out));
}

Bytes to_bytes(const MigrationPlan& plan) {
  json::Array databases;
  for (const PlannedDatabase& planned : plan.databases)
    databases.push_back(database_json(planned));
  json::Object out{{"format", "kip.migrations/1"},
                   {"update", plan.update},
                   {"target", to_json(plan.target)},
                   {"databases", std::move(databases)}};
  if (plan.from) out["from"] = to_json(*plan.from);
  return json::to_compact(out);
}

Result<MigrationPlan> parse_migration_plan(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, kLimits));
  json::ObjectReader in(value, "plan of migrations");
  in.format("kip.migrations", 1);
  std::string update = in.text("update", 64);
  std::vector<PlannedDatabase> databases = in.each("databases", read_database);
  if (databases.empty()) in.refuse("databases", "names none");
  const json::Value& target_value = in.object("target");
  const json::Value* from_value = in.has("from") ? &in.object("from") : nullptr;
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Target target, parse_target(target_value));
  MigrationPlan plan{std::move(update), std::move(target), {}, std::move(databases)};
  if (from_value != nullptr) {
    KIP_TRY(plan.from, parse_target(*from_value));
  }
  return plan;
}

}  // namespace kip::updater
