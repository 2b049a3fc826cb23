#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/migrating.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0700;
constexpr unsigned kOwnerFile = 0600;
constexpr std::uint64_t kMaxPlan = 4U << 20U;
constexpr std::size_t kUpdateOctets = 16;

}  // namespace

MigratingPlacement::MigratingPlacement(Install& install, const Narrator& narrator, std::unique_ptr<Placement> files)
    : install_(install),
      narrator_(narrator),
      files_(std::move(files)),
      guard_(install.ports().files, install.layout()),
      hooks_(install, narrator) {}

Result<bool> MigratingPlacement::is_committed(const Switch& change) {
  KIP_TRY(const auto plan, read_plan(change));
  return plan ? holds(*plan, plan->databases.front()) : files_->is_committed(change);
}

Result<void> MigratingPlacement::prepare(const Switch& change) {
  KIP_TRY_VOID(files_->prepare(change));
  auto done = keep_out(change);
  if (!done) abandon();
  return done;
}

Result<void> MigratingPlacement::keep_out(const Switch& change) {
  KIP_TRY(const auto release, install_.manifests().find(change.to.manifest));
  KIP_TRY(const auto outstanding, find_outstanding(install_, *release));
  KIP_TRY_VOID(hooks_.quiesce());
  // Files that are replaced one by one must not be read meanwhile; a pointer needs no such care.
  if (outstanding.empty() && layout().kind() == LayoutKind::versioned) return {};
  MigrationPlan plan{
      .update = to_hex(install_.ports().random.bytes(kUpdateOctets)), .target = change.to, .from = change.from};
  KIP_TRY_VOID(guard_.raise(plan.update));
  if (outstanding.empty()) return {};
  KIP_TRY_VOID(disk().remove_tree(layout().databases()));
  KIP_TRY_VOID(disk().make_directory(layout().databases(), kOwnerOnly));
  std::vector<std::pair<const OutstandingMigrations*, std::unique_ptr<CustomerDatabase>>> opened;
  for (const OutstandingMigrations& one : outstanding) {
    KIP_TRY(auto database, install_.ports().databases.open(one.database));
    opened.emplace_back(&one, std::move(database));
  }
  // Those that can be put back commit first: where a later one does not follow, they are.
  std::stable_partition(opened.begin(), opened.end(), [](const auto& item) { return item.second->can_be_restored(); });
  for (auto& [what, database] : opened) {
    KIP_TRY(PlannedDatabase planned, take_snapshot(*database, *what, plan.databases.size()));
    plan.databases.push_back(std::move(planned));
    open_.push_back(std::move(database));
  }
  KIP_TRY_VOID(disk().sync_tree(layout().databases()));
  KIP_TRY_VOID(disk().sync_directory(layout().state()));
  return replace_file(disk(), layout().migration_plan(), to_bytes(plan), kOwnerFile);
}

Result<PlannedDatabase> MigratingPlacement::take_snapshot(CustomerDatabase& database,
                                                          const OutstandingMigrations& outstanding,
                                                          std::size_t number) {
  KIP_TRY(const MigrationLevel level, database.level());
  if (level.number != outstanding.from) {
    return fail(ErrorCode::busy, fmt::format("the database {} was changed by another program meanwhile; try again",
                                             outstanding.database.location));
  }
  PlannedDatabase planned{outstanding.database, outstanding.from, outstanding.migrations.back().number};
  if (!database.can_be_restored()) return planned;
  KIP_TRY_VOID(database.snapshot(layout().snapshot(number)));
  KIP_TRY(const FileDigest digest, digest_file(disk(), layout().snapshot(number)));
  planned.snapshot = digest.sha256;
  return planned;
}

Result<void> MigratingPlacement::switch_over(const Switch& change) {
  auto done = migrate_and_switch(change);
  open_.clear();
  if (done) return done;
  const auto committed = is_committed(change);
  if (committed && !*committed) abandon();
  return done;
}

Result<void> MigratingPlacement::migrate_and_switch(const Switch& change) {
  KIP_TRY(const auto plan, read_plan(change));
  if (plan) KIP_TRY_VOID(migrate(*plan));
  open_.clear();
  return files_->switch_over(change);
}

Result<void> MigratingPlacement::migrate(const MigrationPlan& plan) {
  KIP_TRY(const auto release, install_.manifests().find(plan.target.manifest));
  for (std::size_t i = open_.size(); i < plan.databases.size(); ++i) {
    KIP_TRY(auto database, install_.ports().databases.open(plan.databases[i].database));
    open_.push_back(std::move(database));
  }
  std::vector<CustomerDatabase*> migrated;
  for (std::size_t i = 0; i < plan.databases.size(); ++i) {
    const PlannedDatabase& planned = plan.databases[i];
    KIP_TRY(const MigrationLevel level, open_[i]->level());
    if (level.update == plan.update) continue;  // committed before an interruption
    KIP_TRY(const auto outstanding, outstanding_migrations(*release, planned.database, level.number));
    if (level.number != planned.from || !outstanding) {
      return fail(ErrorCode::integrity,
                  fmt::format("the database {} was at migration {} and is now at {}: another hand "
                              "has changed it",
                              planned.database.location, planned.from, level.number));
    }
    narrator_.say(fmt::format("bringing the {} database {} from migration {} to {}", planned.database.kind,
                              planned.database.location, planned.from, planned.to));
    KIP_TRY(const auto scripts, read_scripts(disk(), layout().version(plan.target), *release, outstanding->migrations));
    KIP_TRY_VOID(open_[i]->migrate(
        scripts, {plan.update, planned.database.kind, release->content().version, install_.ports().clock.now()}));
    migrated.push_back(open_[i].get());
  }
  for (CustomerDatabase* database : migrated)
    KIP_TRY_VOID(database->commit());
  return {};
}

Result<void> MigratingPlacement::go_back(const Switch& change) {
  open_.clear();
  KIP_TRY(const auto plan, read_plan(change));
  if (plan) KIP_TRY_VOID(restore(*plan));
  return files_->go_back(change);
}

Result<void> MigratingPlacement::restore(const MigrationPlan& plan) {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < plan.databases.size(); ++i) {
    KIP_TRY(const bool is_changed, holds(plan, plan.databases[i]));
    if (is_changed) changed.push_back(i);
  }
  if (changed.empty()) return {};
  KIP_TRY(const bool kept_out, guard_.is_up(plan.update));
  if (!kept_out && !accepts_loss_) {
    return fail(
        ErrorCode::integrity,
        fmt::format("its migrations are in the customer's databases, and programs may have written to them since, "
                    "so they stay as they are; what was in them before is kept in {}",
                    layout().databases().string()));
  }
  for (const std::size_t i : changed)
    KIP_TRY_VOID(expect_restorable(plan, i));
  for (const std::size_t i : changed) {
    const AttachedDatabase& which = plan.databases[i].database;
    narrator_.say(fmt::format("putting the {} database {} back to what it was", which.kind, which.location));
    KIP_TRY(const auto database, install_.ports().databases.open(which));
    KIP_TRY_VOID(database->restore(layout().snapshot(i)));
  }
  return {};
}

Result<bool> MigratingPlacement::holds(const MigrationPlan& plan, const PlannedDatabase& planned) {
  KIP_TRY(const MigrationLevel level, install_.ports().databases.level(planned.database));
  return level.update == plan.update;
}

Result<void> MigratingPlacement::expect_restorable(const MigrationPlan& plan, std::size_t number) {
  const PlannedDatabase& planned = plan.databases[number];
  const std::string& location = planned.database.location;
  if (!planned.snapshot) {
    return fail(ErrorCode::integrity,
                fmt::format("the database {} is on a server, where only its administrator can put "
                            "it back",
                            location));
  }
  const std::filesystem::path file = layout().snapshot(number);
  const auto found = digest_file(disk(), file);
  if (!found && found.error().code != ErrorCode::not_found) return Unexpected(found.error());
  if (found && found->sha256 == *planned.snapshot) return {};
  return fail(ErrorCode::integrity,
              fmt::format("what was in the database {} before is gone or damaged ({})", location, file.string()));
}

Result<void> MigratingPlacement::settle() {
  KIP_TRY_VOID(files_->settle());
  KIP_TRY_VOID(forget_plan());
  return let_programs_in();
}

Result<void> MigratingPlacement::let_programs_in() {
  // One error is no reason to keep programs out for longer.
  if (!guard_.lower()) KIP_TRY_VOID(guard_.lower());
  return hooks_.resume();
}

Result<std::optional<MigrationPlan>> MigratingPlacement::read_plan(const Switch& change) {
  const auto bytes = read_file(disk(), layout().migration_plan(), kMaxPlan);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return std::optional<MigrationPlan>();
  if (!bytes) return Unexpected(bytes.error());
  auto plan = parse_migration_plan(*bytes);
  if (!plan) {
    return fail(ErrorCode::integrity,
                fmt::format("{} is damaged: {}", layout().migration_plan().string(), plan.error().message));
  }
  if (plan->target != change.to || plan->from != change.from) return std::optional<MigrationPlan>();
  return std::optional(*std::move(plan));
}

Result<void> MigratingPlacement::forget_plan() {
  return disk().remove_tree(layout().databases());
}

void MigratingPlacement::abandon() {
  open_.clear();
  auto done = forget_plan();
  if (done) done = let_programs_in();
  if (!done) narrator_.say("the application stays stopped until the next run: " + done.error().message);
}

}  // namespace kip::updater
