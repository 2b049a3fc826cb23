// Databases change together with the files, or neither does.

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

const std::string kLedger = "/data/ledger";
const std::string kStock = "/data/stock";

const Content kMigratingForms = {{"B01-DN/layout.xml", "new layout"},
                                 {"print.xslt", "same"},
                                 {"sql/ledger/1.sql", "+vat"},
                                 {"sql/ledger/2.sql", "+tax"},
                                 {"sql/stock/1.sql", "+lot"}};

class Migrating : public ::testing::TestWithParam<LayoutKind> {
 protected:
  /// Version 1.0 with a ledger and a stock; 1.1 brings migrations.
  static std::unique_ptr<World> make() {
    auto world = world_with_old_forms(GetParam());
    world->databases.create(kLedger, "books");
    world->databases.create(kStock, "goods");
    KIP_CHECK(world->attach("ledger", kLedger).has_value());
    KIP_CHECK(world->attach("stock", kStock).has_value());
    world->vendor.release("1.1", kMigratingForms);
    return world;
  }

  /// The new version does not pass its check: a file of it is damaged as soon as it is in use.
  static void fail_the_check(World& world) {
    world.store.before_commit = [&world]() -> Result<void> {
      if (world.content() != kMigratingForms) return {};
      return world.files.remove(world.tree() / "B01-DN/layout.xml");
    };
  }

  static bool is_old(World& world) {
    return world.content() == kOldForms && world.databases.rows(kLedger) == "books" &&
           world.databases.rows(kStock) == "goods";
  }
  static bool is_new(World& world) {
    return world.content() == kMigratingForms && world.databases.rows(kLedger) == "books+vat+tax" &&
           world.databases.rows(kStock) == "goods+lot";
  }
  static bool lets_programs_in(World& world) { return !path_exists(world.files, world.layout.launch_guard()).value(); }
  static bool is_tidy(World& world) {
    return lets_programs_in(world) && !path_exists(world.files, world.layout.databases()).value() &&
           !path_exists(world.files, world.layout.rehearsal()).value();
  }
};

TEST_P(Migrating, GoesWithTheFiles) {
  const auto world = make();
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_TRUE(is_new(*world));
  EXPECT_TRUE(is_tidy(*world));
  EXPECT_EQ(world->databases.rehearsals, 2);
  EXPECT_THAT(world->said, ::testing::Contains(HasSubstr("trying 2 migrations on a copy of the ledger database")));
  EXPECT_THAT(world->said, ::testing::Contains("that took 1.2 s"));
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
}

TEST_P(Migrating, RunsOnlyWhatADatabaseLacks) {
  const auto world = make();
  ASSERT_THAT(world->update(), is_ok());
  Content next = kMigratingForms;
  next["sql/ledger/3.sql"] = "+fee";
  world->vendor.release("1.2", next);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax+fee");
  EXPECT_EQ(world->databases.rows(kStock), "goods+lot");
  EXPECT_EQ(world->databases.rehearsals, 3);
}

TEST_P(Migrating, ThatFailsOnACopyTouchesNothing) {
  const auto world = make();
  Content broken = kMigratingForms;
  broken["sql/stock/2.sql"] = "fail";
  world->vendor.release("1.2", broken);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "sql/stock/2.sql fails"));
  EXPECT_TRUE(is_old(*world));
  ASSERT_THAT(world->check(), is_ok());
  EXPECT_TRUE(is_tidy(*world));
  EXPECT_THAT(world->receipts_on("1.2"), ElementsAre("downloaded", "failed"));
}

TEST_P(Migrating, ThatFailsInTheSecondDatabaseHasNotTouchedTheFirst) {
  const auto world = make();
  world->databases.refusing = {kStock};
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "refuses"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(is_tidy(*world));
  // Nothing had to be taken back.
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "failed"));
}

TEST_P(Migrating, IsUndoneWithAVersionThatDoesNotPassItsCheck) {
  const auto world = make();
  fail_the_check(*world);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "was taken back"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(is_tidy(*world));
  EXPECT_EQ(world->receipts_on("1.1").back(), "rolled_back");
}

TEST_P(Migrating, WaitsForADatabaseThatIsInUse) {
  const auto world = make();
  world->databases.running = {kStock};
  EXPECT_THAT(world->update(), fails_with(ErrorCode::busy, "open elsewhere"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(lets_programs_in(*world));
  world->databases.running = {};
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_TRUE(is_new(*world));
}

TEST_P(Migrating, WaitsForAnApplicationThatRuns) {
  const auto world = make();
  auto running = world->files.lock(world->layout.launch_lock());
  EXPECT_THAT(world->update(), fails_with(ErrorCode::busy, "the application is running"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(lets_programs_in(*world));
  running = fail(ErrorCode::internal, "closed");
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_TRUE(is_new(*world));
}

TEST_P(Migrating, IsUndoneWhereTheSecondDatabaseCannotFollow) {
  const auto world = make();
  world->databases.failing = {kStock};
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "was taken back"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(is_tidy(*world));
}

TEST_P(Migrating, ThatCannotBeginLeavesProgramsAlone) {
  const auto world = make();
  world->databases.failing = {kLedger};
  EXPECT_THAT(world->update(), fails_with(ErrorCode::disk_full, "no room"));
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(is_tidy(*world));
  world->databases.failing = {};
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_TRUE(is_new(*world));
}

/// 1.1 is in use with its migrations and programs were let in; then the machine stopped before the check had ended, and
/// a file was damaged.
class Held : public Migrating {
 protected:
  static std::unique_ptr<World> make_held() {
    auto world = make();
    world->store.before_commit = [world = world.get()]() -> Result<void> {
      const bool stops = is_new(*world) && lets_programs_in(*world);
      return stops ? Result<void>(fail(ErrorCode::storage, "stopped")) : Result<void>();
    };
    KIP_CHECK(!world->update().has_value());
    world->store.before_commit = [] { return Result<void>(); };
    KIP_CHECK(is_new(*world) && world->store.load()->attempt.phase == Phase::committed);
    world->databases.add(kLedger, "+invoice");
    KIP_CHECK(world->files.rename(world->tree() / "B01-DN/layout.xml", "/away").has_value());
    return world;
  }
};

TEST_P(Held, KeepsBothStatesWhereProgramsMayHaveWritten) {
  const auto world = make_held();
  EXPECT_THAT(world->check(), fails_with(ErrorCode::conflict, "programs may have written to them since"));
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax+invoice");
  EXPECT_THAT(read_file(world->files, world->layout.snapshot(0), 1000).value(), HasSubstr("books"));
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "held"));
  EXPECT_THAT(world->attach("ledger", "/data/second"), fails_with(ErrorCode::conflict, "held"));
  EXPECT_THAT(world->check()->warning, HasSubstr("held"));
  EXPECT_THAT(world->resume(), fails_with(ErrorCode::conflict, "held"));
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax+invoice");
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "failed", "held"));
}

TEST_P(Held, EndsWithTheVersionWhereItPassesItsCheckAgain) {
  const auto world = make_held();
  ASSERT_THAT(world->check(), fails_with(ErrorCode::conflict, "held"));
  EXPECT_THAT(world->resume(ResumeWay::keep), fails_with(ErrorCode::conflict, "held"));
  ASSERT_THAT(world->files.rename("/away", world->tree() / "B01-DN/layout.xml"), is_ok());
  ASSERT_THAT(world->resume(ResumeWay::keep), is_ok());
  EXPECT_EQ(world->content(), kMigratingForms);
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax+invoice");
  EXPECT_EQ(world->receipts_on("1.1").back(), "installed");
  EXPECT_TRUE(is_tidy(*world));
}

TEST_P(Held, EndsWithTheOldStateWhereAPersonAcceptsTheLoss) {
  const auto world = make_held();
  ASSERT_THAT(world->check(), fails_with(ErrorCode::conflict, "held"));
  ASSERT_THAT(world->resume(ResumeWay::back_losing_changes), is_ok());
  EXPECT_TRUE(is_old(*world));
  EXPECT_TRUE(is_tidy(*world));
  EXPECT_EQ(world->receipts_on("1.1").back(), "rolled_back");
}

TEST_P(Held, ForASnapshotThatIsDamaged) {
  const auto world = make();
  world->store.before_commit = [world = world.get()]() -> Result<void> {
    if (!is_new(*world)) return {};
    KIP_TRY_VOID(replace_file(world->files, world->layout.snapshot(1), "damaged", 0600));
    return world->files.remove(world->tree() / "B01-DN/layout.xml");
  };
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "is gone or damaged"));
  // Not even the first one was touched, since the second one could not follow.
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax");
  EXPECT_FALSE(lets_programs_in(*world));
}

TEST_P(Held, ForADatabaseOnAServer) {
  const auto world = make();
  world->databases.on_a_server = {kStock};
  fail_the_check(*world);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "only its administrator"));
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax");
}

TEST_P(Migrating, CannotBeRolledBackFromByHand) {
  const auto world = make();
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_THAT(world->rollback(), fails_with(ErrorCode::conflict, "has come to migration 2"));
  EXPECT_TRUE(is_new(*world));
  EXPECT_TRUE(is_tidy(*world));
}

TEST_P(Migrating, CatchesUpADatabaseThatComesLater) {
  const auto world = make();
  ASSERT_THAT(world->update(), is_ok());
  world->databases.create("/data/second", "others");
  const auto attached = world->attach("ledger", "/data/second");
  ASSERT_THAT(attached, is_ok());
  EXPECT_EQ(attached->caught_up, 2);
  EXPECT_EQ(attached->level, 2);
  EXPECT_EQ(world->databases.rows("/data/second"), "others+vat+tax");
  const auto again = world->attach("ledger", "/data/second");
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->caught_up, 0);
  EXPECT_THAT(world->attach("stock", "/data/second"), fails_with(ErrorCode::conflict, "as a ledger database"));
}

TEST_P(Migrating, DoesNotAttachWhatCannotBeCaughtUp) {
  const auto world = make();
  ASSERT_THAT(world->update(), is_ok());
  world->databases.create("/data/second", "others");
  world->databases.running = {"/data/second"};
  EXPECT_THAT(world->attach("ledger", "/data/second"), fails_with(ErrorCode::busy));
  EXPECT_EQ(world->store.load()->databases.size(), 2U);
  EXPECT_THAT(world->attach("ledger", "/data/none"), fails_with(ErrorCode::not_found));
}

TEST_P(Migrating, ForgetsADetachedDatabase) {
  const auto world = make();
  Install install = world->open().value();
  ASSERT_THAT(detach_database(install, world->narrator, kStock), is_ok());
  EXPECT_THAT(detach_database(install, world->narrator, kStock), fails_with(ErrorCode::not_found));
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->databases.rows(kStock), "goods");
  EXPECT_EQ(world->databases.rows(kLedger), "books+vat+tax");
}

TEST_P(Migrating, NeedsEachDatabaseToBeThere) {
  const auto world = make();
  ASSERT_THAT(world->files.remove(kStock), is_ok());
  EXPECT_THAT(world->update(), fails_with(ErrorCode::not_found));
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->databases.rows(kLedger), "books");
}

std::string layout_name(const ::testing::TestParamInfo<LayoutKind>& info) {
  return info.param == LayoutKind::in_place ? "InPlace" : "Versioned";
}

INSTANTIATE_TEST_SUITE_P(Layouts, Migrating, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                         layout_name);
INSTANTIATE_TEST_SUITE_P(Layouts, Held, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place), layout_name);

}  // namespace
}  // namespace kip::updater
