#include "world.hpp"

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

Version version(std::string_view text) {
  return Version::parse(text).value();
}

/// Version 1.1 in use; 1.0 is still listed.
struct Vendor {
  Vendor() {
    old = world.vendor.release("1.0", kOldForms);
    KIP_CHECK(world.enrol().has_value());
    KIP_CHECK(world.update().has_value());
    bad = world.vendor.release("1.1", kNewForms);
    KIP_CHECK(world.update().has_value());
  }
  void say(const Release& release) { world.vendor.repository.change_release(release); }

  World world;
  Release old = make_package(world.vendor.code.product, "1.0", kOldForms).release;
  Release bad = old;
};

TEST(Downgrade, ByARolloutNeedsTheOfficersLeave) {
  Vendor vendor;
  vendor.world.vendor.roll_out(vendor.old);
  EXPECT_EQ(vendor.world.update()->offer.kind, OfferKind::older);
  EXPECT_EQ(vendor.world.in_use(), "1.1");
  vendor.old.downgrade_from = {version("1.1")};
  vendor.say(vendor.old);
  vendor.world.vendor.roll_out(vendor.old);
  EXPECT_TRUE(vendor.world.update()->installed);
  EXPECT_EQ(vendor.world.content(), kOldForms);
}

TEST(Downgrade, HoldsForTheVersionsThatAreNamedOnly) {
  Vendor vendor;
  vendor.old.downgrade_from = {version("1.2")};
  vendor.say(vendor.old);
  vendor.world.vendor.roll_out(vendor.old);
  EXPECT_EQ(vendor.world.update()->offer.kind, OfferKind::older);
}

TEST(Downgrade, IsTakenBackByTheOfficersNextWord) {
  Vendor vendor;
  vendor.old.downgrade_from = {version("1.1")};
  vendor.say(vendor.old);
  vendor.world.vendor.roll_out(vendor.bad);
  ASSERT_THAT(vendor.world.check(), is_ok());
  vendor.old.downgrade_from.clear();
  vendor.say(vendor.old);
  vendor.world.vendor.roll_out(vendor.old);
  EXPECT_EQ(vendor.world.update()->offer.kind, OfferKind::older);
}

TEST(Downgrade, DoesNotGoBelowTheFloor) {
  Vendor vendor;
  vendor.old.downgrade_from = {version("1.1")};
  vendor.bad.floor = version("1.1");
  vendor.say(vendor.old);
  vendor.say(vendor.bad);
  vendor.world.vendor.roll_out(vendor.old);
  EXPECT_THAT(vendor.world.update(), fails_with(ErrorCode::rollback, "floor 1.1"));
  EXPECT_EQ(vendor.world.in_use(), "1.1");
}

/// Somebody has every online key: timestamp, snapshot and rollouts. Officers have signed that 1.0 is revoked and that
/// nobody may go below 1.1.
struct Thief : Vendor {
  Thief() {
    bad.floor = version("1.1");
    bad.revoked["1.0"] = "wrong formula in B01-DN";
    say(bad);
    world.vendor.roll_out(bad);
    KIP_CHECK(world.check().has_value());
  }
};

TEST(StolenOnlineKeys, CannotRollOutAnOldRelease) {
  Thief thief;
  thief.world.vendor.roll_out(thief.old);
  EXPECT_EQ(thief.world.update()->offer.kind, OfferKind::older);
  EXPECT_EQ(thief.world.in_use(), "1.1");
}

TEST(StolenOnlineKeys, CannotForceOrWidenWhatOfficersAllow) {
  Thief thief;
  thief.world.vendor.repository.rollout_extras = {{"force", true},
                                                  {"floor", "0.1"},
                                                  {"revoked", json::Object()},
                                                  {"downgrade_from", json::Array{"1.1"}},
                                                  {"audience", "everybody"}};
  thief.world.vendor.roll_out(thief.old);
  EXPECT_EQ(thief.world.update()->offer.kind, OfferKind::older);
  EXPECT_EQ(thief.world.in_use(), "1.1");
  EXPECT_EQ(thief.world.store.load()->policy.floor, version("1.1"));
  EXPECT_EQ(thief.world.store.load()->policy.revoked.count("1.0"), 1U);
}

TEST(StolenOnlineKeys, CannotBringAnEarlierWordOfTheOfficersBack) {
  Thief thief;
  thief.world.vendor.repository.replay_product_role(2);
  EXPECT_THAT(thief.world.update(), fails_with(ErrorCode::rollback, "product-forms.json"));
  EXPECT_EQ(thief.world.in_use(), "1.1");
}

TEST(StolenOnlineKeys, CannotSpeakForTheOfficers) {
  for (const bool unrevoke : {true, false}) {
    Thief thief;
    Release forged = unrevoke ? thief.bad : thief.old;
    forged.revoked.clear();
    forged.floor.reset();
    if (!unrevoke) forged.downgrade_from = {version("1.1")};
    thief.world.vendor.repository.forge_product_role(forged);
    EXPECT_THAT(thief.world.update(), fails_with(ErrorCode::signature, "signed by 0 of the 2"));
  }
}

TEST(StolenOnlineKeys, CannotUndoWhatAnInstallHasSeenEvenWithItsMetadataGone) {
  // An earlier word of the officers, replayed to an install that has lost its metadata: floor and revocation are kept
  // apart.
  Thief thief;
  auto& files = thief.world.files;
  for (const char* name : {"timestamp.json", "snapshot.json", "product-forms.json", "targets.json", "verified"})
    ASSERT_THAT(files.remove_tree(thief.world.layout.metadata() / name), is_ok());
  thief.world.vendor.roll_out(thief.old);
  thief.world.vendor.repository.replay_product_role(2);
  static_cast<void>(thief.world.update());
  EXPECT_EQ(thief.world.in_use(), "1.1");
  EXPECT_THAT(thief.world.rollback(version("1.0")), fails_with(ErrorCode::rollback, "floor 1.1"));
  EXPECT_EQ(thief.world.store.load()->policy.revoked.count("1.0"), 1U);
}

}  // namespace
}  // namespace kip::updater
