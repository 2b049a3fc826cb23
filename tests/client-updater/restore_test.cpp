#include <client-updater/app/output.hpp>
#include <client-updater/update/restore.hpp>
#include <signing/crypto/sha256.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

constexpr const char* kReplaced = "01JD0000000000000000000007";

/// An empty machine whose code replaces an install that had version 1.0 in use; the rollout names 1.1.
struct Emptied : World {
  Release recorded = vendor.release("1.0", kOldForms);
  Release newest = vendor.release("1.1", kNewForms);

  explicit Emptied(LayoutKind kind = LayoutKind::versioned) : World(kind) { record(recorded); }

  void record(const Release& release) {
    vendor.replaces =
        json::Object{{"install", kReplaced}, {"version", release.version.str()}, {"manifest", release.manifest.hex()}};
  }
  Result<RestoreResult> restore() {
    KIP_TRY_VOID(enrol());
    KIP_TRY(Install install, open());
    return kip::updater::restore(install, narrator, vendor.code);
  }
};

TEST(Restore, BringsTheRecordedVersionAndNotTheOneOfTheRollout) {
  for (const LayoutKind kind : {LayoutKind::versioned, LayoutKind::in_place}) {
    Emptied world(kind);
    const auto result = world.restore();
    ASSERT_THAT(result, is_ok());
    EXPECT_EQ(result->reason, "");
    EXPECT_EQ(result->current->version.str(), "1.0");
    EXPECT_EQ(result->replaced->id.str(), kReplaced);
    EXPECT_EQ(world.in_use(), "1.0");
    EXPECT_EQ(world.content(), kOldForms);
    ASSERT_THAT(world.update(), is_ok());
    EXPECT_EQ(world.in_use(), "1.1");
  }
}

TEST(Restore, ReportsAsAnyInstallAndSaysThatItIsARestore) {
  Emptied world;
  ASSERT_THAT(world.restore(), is_ok());
  EXPECT_THAT(world.receipts_on("1.0"), ElementsAre("downloaded", "verified", "applying", "installed"));
  for (const auto& [place, kept] : world.vendor.receipts)
    EXPECT_EQ(kept.receipt.detail, std::string("restored in place of install ") + kReplaced);
}

TEST(Restore, OfAPausedOrLimitedRolloutBringsWhatIsRecorded) {
  Emptied world;
  world.vendor.roll_out(world.recorded, 0, true);
  ASSERT_THAT(world.restore(), is_ok());
  EXPECT_EQ(world.in_use(), "1.0");
}

struct Barrier {
  const char* name;
  std::function<void(Emptied&)> raise;
  const char* reason;
};

class RestoreBarrier : public ::testing::TestWithParam<Barrier> {};

TEST_P(RestoreBarrier, LeadsToWhatTheRolloutNamesAndSaysWhy) {
  Emptied world;
  GetParam().raise(world);
  const auto result = world.restore();
  ASSERT_THAT(result, is_ok());
  EXPECT_THAT(result->reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(world.in_use(), "1.1");
  EXPECT_EQ(world.content(), kNewForms);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RestoreBarrier,
    ::testing::Values(Barrier{"Revoked",
                              [](Emptied& world) {
                                world.newest.revoked["1.0"] = "wrong formula";
                                world.vendor.repository.change_release(world.newest);
                                world.vendor.roll_out(world.newest);
                              },
                              "wrong formula"},
                      Barrier{"BelowTheFloor",
                              [](Emptied& world) {
                                world.newest.floor = Version::parse("1.1").value();
                                world.vendor.repository.change_release(world.newest);
                                world.vendor.roll_out(world.newest);
                              },
                              "floor"},
                      Barrier{"NotListed",
                              [](Emptied& world) {
                                Release other = world.recorded;
                                other.version = Version::parse("0.9").value();
                                world.record(other);
                              },
                              "do not list version 0.9"},
                      Barrier{"OtherContent",
                              [](Emptied& world) {
                                Release other = world.recorded;
                                other.manifest = sha256("other");
                                world.record(other);
                              },
                              "as it was"},
                      Barrier{"NothingRecorded",
                              [](Emptied& world) {
                                world.vendor.replaces = json::Object{{"install", kReplaced}};
                              },
                              "had reported no version"},
                      Barrier{"OrdinaryCode", [](Emptied& world) { world.vendor.replaces.reset(); }, "replaces none"}),
    [](const auto& row) { return row.param.name; });

TEST(Restore, SaysWhyNothingIsInUseWhereTheRolloutOffersNothing) {
  Emptied world;
  world.vendor.replaces = json::Object{{"install", kReplaced}};
  world.vendor.roll_out(world.newest, 100, true);
  const auto result = world.restore();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->current);
  const Output output = describe(*result, EnrolResult{*world.store.load()->enrolment, false});
  EXPECT_EQ(*output.value.at("result").as_text(), "paused");
  EXPECT_THAT(output.lines.back(), HasSubstr("paused version 1.1"));
}

TEST(Restore, OnceMoreChangesNothing) {
  Emptied world;
  ASSERT_THAT(world.restore(), is_ok());
  ASSERT_THAT(world.deliver(), is_ok());
  const auto again = world.restore();
  ASSERT_THAT(again, is_ok());
  EXPECT_TRUE(again->before);
  EXPECT_EQ(again->reason, "");
  EXPECT_EQ(world.vendor.installs.size(), 1U);
  EXPECT_EQ(world.deliver()->delivered, 0);
  ASSERT_THAT(world.update(), is_ok());
  EXPECT_THAT(world.restore()->reason, HasSubstr("in use here already"));
  EXPECT_EQ(world.in_use(), "1.1");
}

TEST(Restore, WithAnotherCodeIsAConflict) {
  Emptied world;
  ASSERT_THAT(world.restore(), is_ok());
  world.vendor.code.secret = "ffffffffffffffffffffffffffffffff";
  EXPECT_THAT(world.restore(), fails_with(ErrorCode::conflict, "enrolled already"));
}

/// A power cut at each mutating call: the same command always ends with the recorded version.
TEST(Restore, ContinuesAfterAnInterruptionAnywhere) {
  std::uint64_t points = 0;
  for (std::uint64_t n = 1;; ++n) {
    Emptied world;
    const std::uint64_t last = world.files.mutations() + n;
    world.files.fail_from(n, ErrorCode::storage);
    world.store.before_commit = [&] {
      return world.files.mutations() < last ? Result<void>() : fail(ErrorCode::storage, "there is no power");
    };
    if (world.restore()) break;
    world.store.before_commit = [] { return Result<void>(); };
    points = n;
    world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    ASSERT_THAT(world.restore(), is_ok()) << "after point " << n;
    EXPECT_EQ(world.in_use(), "1.0") << "after point " << n;
    EXPECT_EQ(world.content(), kOldForms) << "after point " << n;
    EXPECT_EQ(world.vendor.installs.size(), 1U) << "after point " << n;
    EXPECT_THAT(world.receipts_on("1.0"), ElementsAre("downloaded", "verified", "applying", "installed"))
        << "after point " << n;
  }
  EXPECT_GT(points, 30U);
}

TEST(Restore, IsDescribed) {
  Emptied world;
  const RestoreResult result = world.restore().value();
  const Output output = describe(result, EnrolResult{*world.store.load()->enrolment, false});
  EXPECT_EQ(*output.value.at("result").as_text(), "restored");
  EXPECT_EQ(*output.value.at("replaced").as_text(), kReplaced);
  EXPECT_EQ(*output.value.at("recorded").find("version"), json::Value("1.0"));
  EXPECT_EQ(*output.value.at("in_use").find("version"), json::Value("1.0"));
  EXPECT_THAT(output.lines.at(1), HasSubstr("takes the place of install"));
  EXPECT_THAT(output.lines.back(), HasSubstr("version 1.0 is in use again, as it was there"));
}

}  // namespace
}  // namespace kip::updater
