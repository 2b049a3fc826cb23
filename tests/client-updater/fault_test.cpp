// Calls that fail while the updater goes on running: one error, or a disk that is full until somebody makes room.

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::is_ok;

enum class Fault { one_error, full_disk };

class FaultSweep : public ::testing::TestWithParam<std::tuple<LayoutKind, Fault>> {
 protected:
  static std::unique_ptr<World> make() {
    auto world = world_with_old_forms(std::get<LayoutKind>(GetParam()));
    world->vendor.release("1.1", kNewForms);
    // Records count as calls, too.
    world->store.before_commit = [world = world.get()] { return world->files.sync_directory("/kip"); };
    return world;
  }

  static void arm(World& world, std::uint64_t point) {
    if (std::get<Fault>(GetParam()) == Fault::one_error) {
      world.files.fail_once(point, ErrorCode::storage);
    } else {
      world.files.fail_from(point, ErrorCode::disk_full);
    }
  }
};

void expect_whole(World& world) {
  const Content content = world.content();
  EXPECT_TRUE(content == kOldForms || content == kNewForms);
  EXPECT_EQ(content == kNewForms, world.in_use() == "1.1");
}

/// What a person does then: run it again, and where the new version was taken back, ask for it again.
void finish(World& world) {
  world.files.restart();
  ASSERT_THAT(world.check(), is_ok());
  expect_whole(world);
  ASSERT_THAT(world.update(true), is_ok());
}

TEST_P(FaultSweep, OfAnUpdateLeavesOldOrNew) {
  std::uint64_t point = 1;
  for (bool reached = true; reached; ++point) {
    SCOPED_TRACE(point);
    const auto world = make();
    const std::uint64_t before = world->files.mutations();
    arm(*world, point);
    static_cast<void>(world->update());
    reached = world->files.mutations() - before >= point;
    // A disk that stays full may stop a switch on its way; whatever else happens, nobody reads a mix.
    if (std::get<LayoutKind>(GetParam()) == LayoutKind::versioned) {
      EXPECT_TRUE(world->content() == kOldForms || world->content() == kNewForms);
    }
    ASSERT_NO_FATAL_FAILURE(finish(*world));
    EXPECT_EQ(world->content(), kNewForms);
    EXPECT_EQ(world->in_use(), "1.1");
    EXPECT_EQ(world->receipts_on("1.1").back(), "installed");
  }
  EXPECT_GT(point, 25U);
}

TEST_P(FaultSweep, OfARollbackLeavesOldOrNew) {
  for (std::uint64_t point = 1, reached = 1; reached != 0; ++point) {
    SCOPED_TRACE(point);
    const auto world = make();
    ASSERT_THAT(world->update(), is_ok());
    const std::uint64_t before = world->files.mutations();
    arm(*world, point);
    static_cast<void>(world->rollback());
    reached = world->files.mutations() - before >= point ? 1 : 0;
    world->files.restart();
    ASSERT_THAT(world->check(), is_ok());
    expect_whole(*world);
  }
}

std::string fault_name(const ::testing::TestParamInfo<std::tuple<LayoutKind, Fault>>& info) {
  const auto [layout, fault] = info.param;
  return std::string(layout == LayoutKind::in_place ? "InPlace" : "Versioned") +
         (fault == Fault::one_error ? "OneError" : "FullDisk");
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultSweep,
                         ::testing::Combine(::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                                            ::testing::Values(Fault::one_error, Fault::full_disk)),
                         fault_name);

/// One error after the commit point is no reason to give a version up.
TEST(Fault, InTheMiddleOfASwitchIsTriedAgain) {
  for (std::uint64_t point = 1;; ++point) {
    const auto world = world_with_old_forms(LayoutKind::in_place);
    world->vendor.release("1.1", kNewForms);
    const std::uint64_t before = world->files.mutations();
    world->files.fail_once(point, ErrorCode::storage);
    const auto updated = world->update();
    if (world->files.mutations() - before < point) break;
    if (path_exists(world->files, world->layout.journal()).value()) {
      EXPECT_THAT(updated, is_ok()) << point;
    }
  }
}

}  // namespace
}  // namespace kip::updater
