// The process is stopped at every point at which it changes something, on disk or in its records, and started again:
// by kill (nothing is lost) and by power cut (what was not synced is lost).

#include <array>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::is_ok;

enum class Cut { kill, power, power_keeps_names };

const Content kMigratingForms = {
    {"B01-DN/layout.xml", "new layout"}, {"sql/ledger/1.sql", "+vat"}, {"sql/stock/1.sql", "+lot"}};
const Content kOldRows = {{"ledger", "books"}, {"stock", "goods"}};
const Content kNewRows = {{"ledger", "books+vat"}, {"stock", "goods+lot"}};

Content rows_of(World& world) {
  return {{"ledger", world.databases.rows("/data/ledger")}, {"stock", world.databases.rows("/data/stock")}};
}

// Sanitizers make all of this ten times slower, and the points are no other: there each third one is tried.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kStep = 3;
#else
constexpr std::uint64_t kStep = 1;
#endif

class CrashSweep : public ::testing::TestWithParam<std::tuple<LayoutKind, Cut>> {
 protected:
  static LayoutKind layout() { return std::get<LayoutKind>(GetParam()); }

  static std::unique_ptr<World> old_with_new_on_offer() {
    auto world = world_with_old_forms(layout());
    world->vendor.release("1.1", kNewForms);
    return world;
  }

  /// The same with a ledger and a stock, for which 1.1 brings migrations.
  static std::unique_ptr<World> old_with_migrations_on_offer() {
    auto world = world_with_old_forms(layout());
    for (const auto& [kind, rows] : kOldRows) {
      world->databases.create("/data/" + kind, rows);
      KIP_CHECK(world->attach(kind, "/data/" + kind).has_value());
    }
    world->vendor.release("1.1", kMigratingForms);
    return world;
  }

  /// Lets every change of the records count as one more mutating call, so that kills hit between them too.
  static void count_records(World& world) {
    KIP_CHECK(world.files.make_directory("/tick", 0700).has_value());
    world.store.before_commit = [&world, before = world.store.before_commit]() -> Result<void> {
      KIP_TRY_VOID(world.files.sync_directory("/tick"));
      return before();
    };
  }

  static void restart(World& world) {
    switch (std::get<Cut>(GetParam())) {
      case Cut::kill:
        world.files.restart();
        break;
      case Cut::power:
        world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
        break;
      case Cut::power_keeps_names:
        world.files.lose_power(MemoryFileSystem::Loss::unsynced_contents);
        break;
    }
  }

  /// Runs `subject` with a stop at each point, then `after` on the restarted machine. Returns the number of points.
  template <class Make, class Subject, class After>
  static std::uint64_t sweep(Make&& make, Subject&& subject, After&& after) {
    for (std::uint64_t n = 1;; n += kStep) {
      const auto world = make();
      count_records(*world);
      KIP_CHECK(world->files.sync_tree("/").has_value());
      world->files.fail_from(n, ErrorCode::storage);
      const bool done = subject(*world);
      restart(*world);
      SCOPED_TRACE(::testing::Message() << "stopped at point " << n);
      after(*world);
      if (done || ::testing::Test::HasFatalFailure()) return n - 1;
    }
  }
};

bool is_old_or_new(World& world) {
  const Content content = world.content();
  return content == kOldForms || content == kNewForms;
}

/// Through a pointer nobody ever sees a mix; where files are replaced in place, nobody does after the recovery.
void expect_old_or_new(World& world) {
  if (world.layout.kind() == LayoutKind::versioned) {
    EXPECT_TRUE(is_old_or_new(world));
  }
  ASSERT_THAT(world.check(), is_ok());
  EXPECT_TRUE(is_old_or_new(world));
}

bool is_tidy(World& world) {
  const auto is_there = [&world](const std::filesystem::path& path) { return path_exists(world.files, path).value(); };
  return world.files.list_directory(world.layout.staging())->empty() && !is_there(world.layout.journal_folder()) &&
         !is_there(world.layout.databases()) && !is_there(world.layout.launch_guard()) &&
         world.files.list_directory(world.layout.versions())->size() == world.store.load()->versions.size();
}

TEST_P(CrashSweep, OfAnUpdateEndsInstalledAndReportedOnce) {
  const std::uint64_t points = sweep(
      old_with_new_on_offer, [](World& world) { return world.update().has_value(); },
      [](World& world) {
        expect_old_or_new(world);
        ASSERT_THAT(world.update(), is_ok());
        EXPECT_EQ(world.content(), kNewForms);
        EXPECT_EQ(world.in_use(), "1.1");
        EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
        EXPECT_EQ(world.files.list_directory(world.layout.versions())->size(), 2U);
        EXPECT_TRUE(is_tidy(world));
      });
  EXPECT_GT(points, 25U);
}

TEST_P(CrashSweep, OfTheRecoveryEndsTheSameWay) {
  // Stopped right after the pointer was set, then once more at each point of what follows.
  const auto make = [] {
    auto world = old_with_new_on_offer();
    world->store.before_commit = [world = world.get()]() -> Result<void> {
      if (world->content() == kNewForms) return fail(ErrorCode::storage, "killed");
      return {};
    };
    KIP_CHECK(!world->update().has_value());
    KIP_CHECK(world->content() == kNewForms && world->in_use() == "1.0");
    world->store.before_commit = [] { return Result<void>(); };
    return world;
  };
  const std::uint64_t points = sweep(
      make, [](World& world) { return world.check().has_value(); },
      [](World& world) {
        ASSERT_THAT(world.check(), is_ok());
        EXPECT_EQ(world.content(), kNewForms);
        EXPECT_EQ(world.in_use(), "1.1");
        EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
      });
  EXPECT_GE(points, 3U);
}

/// Half of the entries of a switch are done when the machine stops; then once more at each point of what follows.
/// Where files are replaced one by one, a switch can be half done.
class InPlaceCrashSweep : public CrashSweep {};

TEST_P(InPlaceCrashSweep, OfTheRecoveryOfAHalfDoneSwitchEndsTheSameWay) {
  static std::uint64_t half_done = 0;  // the point where it is
  const auto make = [] {
    auto world = old_with_new_on_offer();
    for (std::uint64_t n = std::max<std::uint64_t>(half_done, 1); is_old_or_new(*world); ++n) {
      half_done = n;
      world = old_with_new_on_offer();
      world->store.before_commit = [world = world.get()] { return world->files.sync_directory("/kip"); };
      world->files.fail_from(n, ErrorCode::storage);
      KIP_CHECK(!world->update().has_value());
      world->files.restart();
    }
    world->store.before_commit = [] { return Result<void>(); };
    return world;
  };
  const std::uint64_t points = sweep(
      make, [](World& world) { return world.check().has_value(); },
      [](World& world) {
        ASSERT_THAT(world.check(), is_ok());
        EXPECT_EQ(world.content(), kNewForms);
        EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
      });
  EXPECT_GE(points, 4U);
}

/// Lets the new version never pass its check: a file of it is damaged as soon as it is in use.
std::unique_ptr<World> unhealthy(std::unique_ptr<World> world, const Content& content) {
  world->store.before_commit = [world = world.get(), content]() -> Result<void> {
    if (world->content() != content) return {};
    return world->files.remove(world->tree() / "B01-DN/layout.xml");
  };
  return world;
}

bool is_taken_back(World& world) {
  static_cast<void>(world.update());
  return world.store.load()->attempt.phase == Phase::reverted && is_tidy(world);
}

void expect_all_that_was(World& world) {
  static_cast<void>(world.update());
  ASSERT_THAT(world.check(), is_ok());
  EXPECT_EQ(world.content(), kOldForms);
  EXPECT_EQ(world.in_use(), "1.0");
  EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "failed", "rolled_back"));
  EXPECT_EQ(world.check()->kind, OfferKind::skipped);
  EXPECT_TRUE(is_tidy(world));
}

TEST_P(CrashSweep, OfAnUpdateThatIsTakenBackEndsWithTheOldVersion) {
  const auto make = [] { return unhealthy(old_with_new_on_offer(), kNewForms); };
  EXPECT_GT(sweep(make, is_taken_back, expect_all_that_was), 25U);
}

TEST_P(CrashSweep, OfAnUpdateWithMigrationsThatIsTakenBackEndsWithAllThatWas) {
  const auto make = [] { return unhealthy(old_with_migrations_on_offer(), kMigratingForms); };
  const std::uint64_t points = sweep(make, is_taken_back, [](World& world) {
    expect_all_that_was(world);
    EXPECT_EQ(rows_of(world), kOldRows);
  });
  EXPECT_GT(points, 40U);
}

TEST_P(CrashSweep, OfAnUpdateWithMigrationsChangesDatabasesAndFilesTogether) {
  const std::uint64_t points = sweep(
      old_with_migrations_on_offer, [](World& world) { return world.update().has_value(); },
      [](World& world) {
        // No program was started by launch where the two are not together.
        const bool kept_out = path_exists(world.files, world.layout.launch_guard()).value();
        const bool together = (rows_of(world) == kOldRows && world.content() == kOldForms) ||
                              (rows_of(world) == kNewRows && world.content() == kMigratingForms);
        EXPECT_TRUE(kept_out || together);
        ASSERT_THAT(world.check(), is_ok());
        EXPECT_TRUE(rows_of(world) == (world.content() == kOldForms ? kOldRows : kNewRows));
        ASSERT_THAT(world.update(), is_ok());
        EXPECT_EQ(world.content(), kMigratingForms);
        EXPECT_EQ(rows_of(world), kNewRows);
        EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
        EXPECT_TRUE(is_tidy(world));
      });
  EXPECT_GT(points, 40U);
}

TEST_P(CrashSweep, OfARollbackEndsAtOneVersionAndReportedOnce) {
  const auto make = [] {
    auto world = old_with_new_on_offer();
    KIP_CHECK(world->update().has_value());
    return world;
  };
  const std::uint64_t points = sweep(
      make, [](World& world) { return world.rollback().has_value(); },
      [](World& world) {
        expect_old_or_new(world);
        // Either it was finished by the recovery or it never happened: then the person asks again.
        if (world.in_use() == "1.1") {
          ASSERT_THAT(world.rollback(), is_ok());
        }
        EXPECT_EQ(world.content(), kOldForms);
        EXPECT_EQ(world.in_use(), "1.0");
        EXPECT_EQ(world.receipts_on("1.1").back(), "rolled_back");
        EXPECT_EQ(world.receipts_on("1.1").size(), 5U);
        EXPECT_EQ(world.check()->kind, OfferKind::skipped);
      });
  EXPECT_GE(points, 5U);
}

TEST_P(CrashSweep, OfADeliveryLosesAndDoublesNothing) {
  const auto make = [] {
    auto world = old_with_new_on_offer();
    KIP_CHECK(world->update().has_value());
    Install install = world->open().value();
    const Target target = install.state().current()->target;
    // For three requests, each with an answer that is kept at once.
    for (int i = 0; i < 242; ++i)
      KIP_CHECK(install.save(install.state(), Report{InstallState::failed, target, "again"}).has_value());
    return world;
  };
  const std::uint64_t points = sweep(
      make, [](World& world) { return world.deliver().has_value(); },
      [](World& world) {
        ASSERT_THAT(world.deliver(), is_ok());
        EXPECT_EQ(world.store.counts()->pending, 0);
        EXPECT_EQ(world.vendor.receipts.size(), 250U);
      });
  EXPECT_GE(points, 3U);
}

std::string sweep_name(const ::testing::TestParamInfo<std::tuple<LayoutKind, Cut>>& info) {
  const auto [layout, cut] = info.param;
  constexpr std::array<const char*, 3> kCuts = {"Kill", "Power", "PowerKeepsNames"};
  return std::string(layout == LayoutKind::in_place ? "InPlace" : "Versioned") +
         kCuts.at(static_cast<std::size_t>(cut));
}

INSTANTIATE_TEST_SUITE_P(Cuts, CrashSweep,
                         ::testing::Combine(::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                                            ::testing::Values(Cut::kill, Cut::power, Cut::power_keeps_names)),
                         sweep_name);

INSTANTIATE_TEST_SUITE_P(Cuts, InPlaceCrashSweep,
                         ::testing::Combine(::testing::Values(LayoutKind::in_place),
                                            ::testing::Values(Cut::kill, Cut::power, Cut::power_keeps_names)),
                         sweep_name);

/// Passes everything on but the syncs, as a careless updater would.
class UnsyncedFileSystem : public FileSystem {
 public:
  using Path = std::filesystem::path;
  explicit UnsyncedFileSystem(FileSystem& files) : files_(files) {}

  Result<std::unique_ptr<InputFile>> open_input(const Path& p, Links links) override {
    return files_.open_input(p, links);
  }
  Result<std::unique_ptr<OutputFile>> open_output(const Path& p, OutputMode how, unsigned mode) override {
    return files_.open_output(p, how, mode);
  }
  Result<void> rename(const Path& from, const Path& to) override { return files_.rename(from, to); }
  Result<void> remove(const Path& p) override { return files_.remove(p); }
  Result<void> remove_tree(const Path& p) override { return files_.remove_tree(p); }
  Result<void> make_directory(const Path& p, unsigned mode) override { return files_.make_directory(p, mode); }
  Result<std::vector<std::string>> list_directory(const Path& p) override { return files_.list_directory(p); }
  Result<FileStatus> status(const Path& p) override { return files_.status(p); }
  Result<void> sync_directory(const Path&) override { return {}; }
  Result<void> sync_tree(const Path&) override { return {}; }
  Result<void> write_pointer(const Path& link, const Path& target) override {
    return files_.write_pointer(link, target);
  }
  Result<Path> read_pointer(const Path& link) override { return files_.read_pointer(link); }
  Result<std::unique_ptr<FileLock>> lock(const Path& p) override { return files_.lock(p); }
  Result<std::uint64_t> free_space(const Path& p) override { return files_.free_space(p); }

 private:
  FileSystem& files_;
};

/// Lets the journal appear only after all it speaks of was done: a commit point that comes too late.
class LateCommitFileSystem final : public UnsyncedFileSystem {
 public:
  LateCommitFileSystem(FileSystem& files, Path journal)
      : UnsyncedFileSystem(files), files_(files), journal_(std::move(journal)) {}

  Result<void> rename(const Path& from, const Path& to) override {
    if (to != journal_) return files_.rename(from, to);
    held_back_ = from;
    return {};
  }
  Result<void> sync_directory(const Path& p) override { return files_.sync_directory(p); }
  Result<void> sync_tree(const Path& p) override {
    if (held_back_ && p == journal_.parent_path().parent_path()) KIP_TRY_VOID(files_.rename(*held_back_, journal_));
    return files_.sync_tree(p);
  }

 private:
  FileSystem& files_;
  Path journal_;
  std::optional<Path> held_back_;
};

/// The second negative control: the sweep notices a commit point that comes after the renames.
TEST(CrashSweepControl, SeesACommitAfterTheRenames) {
  int mixed = 0;
  for (std::uint64_t n = 1;; ++n) {
    const auto world = world_with_old_forms(LayoutKind::in_place);
    world->vendor.release("1.1", kNewForms);
    LateCommitFileSystem careless(world->files, world->layout.journal());
    world->files_in_use = &careless;
    world->files.fail_from(n, ErrorCode::storage);
    const bool done = world->update().has_value();
    world->files.restart();
    world->files_in_use = &world->files;
    ASSERT_THAT(world->check(), is_ok());
    if (!is_old_or_new(*world)) ++mixed;
    if (done) break;
  }
  EXPECT_GT(mixed, 0);
}

using Loss = MemoryFileSystem::Loss;

class CrashControl : public ::testing::TestWithParam<std::tuple<LayoutKind, Loss>> {};

TEST_P(CrashControl, AnInstalledVersionSurvivesAPowerCut) {
  const auto world = world_with_old_forms(std::get<LayoutKind>(GetParam()));
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  world->files.lose_power(std::get<Loss>(GetParam()));
  EXPECT_EQ(world->content(), kNewForms);
}

/// The negative control: were the syncs left out, the sweep above would notice.
TEST_P(CrashControl, WithoutSyncsItWouldNot) {
  const auto world = world_with_old_forms(std::get<LayoutKind>(GetParam()));
  world->vendor.release("1.1", kNewForms);
  UnsyncedFileSystem careless(world->files);
  world->files_in_use = &careless;
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), kNewForms);
  world->files.lose_power(std::get<Loss>(GetParam()));
  EXPECT_NE(world->content(), kNewForms);
}

INSTANTIATE_TEST_SUITE_P(Losses, CrashControl,
                         ::testing::Combine(::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                                            ::testing::Values(Loss::everything_unsynced, Loss::unsynced_contents)));

}  // namespace
}  // namespace kip::updater
