#pragma once

#include <memory>
#include <vector>

#include <client-updater/update/databases.hpp>
#include <client-updater/update/hooks.hpp>
#include <client-updater/update/launch_guard.hpp>
#include <client-updater/update/placement.hpp>

namespace kip::updater {

/// Another placement, and with its switches the migrations of the customer's databases. Where there are any, the commit
/// in the first database is the commit point: then follow the other databases and the files. Programs are kept out
/// from before that until they are let in again, so that the databases can be put back to their snapshots meanwhile.
/// Without migrations all but the hooks is left to the other placement.
class MigratingPlacement final : public Placement {
 public:
  /// What is referred to must outlive it.
  MigratingPlacement(Install& install, const Narrator& narrator, std::unique_ptr<Placement> files);

  Result<bool> is_committed(const Switch& change) override;
  Result<void> prepare(const Switch& change) override;
  Result<void> switch_over(const Switch& change) override;
  /// Errors besides: integrity where programs have been let in after databases were migrated: both states are kept.
  Result<void> go_back(const Switch& change) override;
  Result<void> settle() override;
  Result<bool> mend(const Target& current, const Narrator& narrator) override {
    return files_->mend(current, narrator);
  }
  Result<void> let_programs_in() override;

  /// From here on go_back() puts databases back although programs may have written to them since.
  void accept_loss() { accepts_loss_ = true; }

 private:
  Result<void> keep_out(const Switch& change);
  Result<PlannedDatabase> take_snapshot(CustomerDatabase& database, const OutstandingMigrations& outstanding,
                                        std::size_t number);
  Result<void> migrate_and_switch(const Switch& change);
  Result<void> migrate(const MigrationPlan& plan);
  Result<void> restore(const MigrationPlan& plan);
  Result<bool> holds(const MigrationPlan& plan, const PlannedDatabase& planned);
  Result<void> expect_restorable(const MigrationPlan& plan, std::size_t number);
  Result<std::optional<MigrationPlan>> read_plan(const Switch& change);
  Result<void> forget_plan();
  /// After a failure before the commit point: programs must not be kept out for longer.
  void abandon();

  FileSystem& disk() const { return install_.ports().files; }
  const Layout& layout() const { return install_.layout(); }

  Install& install_;
  const Narrator& narrator_;
  std::unique_ptr<Placement> files_;
  LaunchGuard guard_;
  Hooks hooks_;
  std::vector<std::unique_ptr<CustomerDatabase>> open_;  ///< of the plan, from prepare() until the switch is over
  bool accepts_loss_ = false;
};

}  // namespace kip::updater
