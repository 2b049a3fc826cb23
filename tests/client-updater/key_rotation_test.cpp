#include <signing/keys/key_file.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

PublicKey key_in(World& world, const std::filesystem::path& path) {
  return read_key_file(world.files, path, SecretBytes()).value().public_key();
}

bool is_begun(World& world) {
  return path_exists(world.files, world.layout.next_install_key()).value();
}

bool has_the_vendors_key(World& world) {
  return key_in(world, world.layout.install_key()) == world.vendor.install_key();
}

void expect_that_everything_goes_on(World& world) {
  world.vendor.release("1.1", kNewForms);
  ASSERT_THAT(world.update(), is_ok());
  EXPECT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
  EXPECT_EQ(world.store.counts()->pending, 0);
}

/// The key in use is the one that the server knows.
void expect_in_order(World& world) {
  EXPECT_FALSE(is_begun(world));
  EXPECT_TRUE(has_the_vendors_key(world));
  EXPECT_EQ(world.files.status(world.layout.install_key())->mode, 0600U);
  expect_that_everything_goes_on(world);
}

TEST(KeyRotation, PutsAnotherKeyInThePlaceOfTheOldOne) {
  const auto world = world_with_old_forms();
  const PublicKey before = world->vendor.install_key();
  const auto change = world->rotate();
  ASSERT_THAT(change, is_ok());
  EXPECT_EQ(change->before, Key::of(before).id());
  EXPECT_EQ(change->now, Key::of(world->vendor.install_key()).id());
  EXPECT_FALSE(change->resumed);
  EXPECT_FALSE(before == world->vendor.install_key());
  EXPECT_EQ(world->vendor.rotations, 1);
  EXPECT_EQ(world->vendor.incarnations.size(), 1U);
  expect_in_order(*world);
  EXPECT_EQ(world->vendor.incarnations.size(), 1U) << "the chain goes on";
}

TEST(KeyRotation, TheNewKeyIsDurableBeforeAnythingIsSent) {
  const auto world = world_with_old_forms();
  std::optional<PublicKey> durable;
  world->vendor.before_request = [&](const std::string& path) {
    if (!path.ends_with("/install-keys")) return;
    world->files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    EXPECT_EQ(world->files.status(world->layout.next_install_key())->mode, 0600U);
    durable = key_in(*world, world->layout.next_install_key());
  };
  ASSERT_THAT(world->rotate(), is_ok());
  ASSERT_TRUE(durable.has_value());
  EXPECT_TRUE(*durable == world->vendor.install_key());
}

TEST(KeyRotation, WhatWaitsIsSentFirst) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_THAT(world->ask(), is_ok());
  const PublicKey before = world->vendor.install_key();
  world->vendor.before_request = [&](const std::string& path) {
    if (path.ends_with("/install-keys")) {
      EXPECT_EQ(world->vendor.receipts.size(), 8U);
      EXPECT_EQ(world->vendor.requests.size(), 1U);
    }
  };
  ASSERT_THAT(world->rotate(), is_ok());
  EXPECT_FALSE(before == world->vendor.install_key());
  EXPECT_EQ(world->vendor.incarnations.size(), 1U);
}

TEST(KeyRotation, WhereSomethingStaysNothingIsChanged) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  world->vendor.retry_after = "60";
  EXPECT_THAT(world->rotate(), fails_with(ErrorCode::busy, "4 reports wait"));
  EXPECT_FALSE(is_begun(*world));
  world->vendor.retry_after.clear();
  ASSERT_THAT(world->ask(), is_ok());
  world->vendor.refuses_requests = 400;
  EXPECT_THAT(world->rotate(), fails_with(ErrorCode::malformed, "1 requests for service"));
  EXPECT_FALSE(is_begun(*world));
  EXPECT_EQ(world->vendor.rotations, 0);
}

TEST(KeyRotation, AnAnswerThatIsLostIsAskedForAgain) {
  const auto world = world_with_old_forms();
  world->vendor.loses_answer_of = "/install-keys";
  EXPECT_THAT(world->rotate(), fails_with(ErrorCode::network));
  EXPECT_TRUE(is_begun(*world));
  EXPECT_FALSE(has_the_vendors_key(*world));
  world->vendor.loses_answer_of.clear();
  const auto change = world->finish_rotation();
  ASSERT_THAT(change, is_ok());
  EXPECT_TRUE((*change)->resumed);
  EXPECT_EQ(world->vendor.rotations, 1);
  expect_in_order(*world);
  EXPECT_FALSE(world->finish_rotation()->has_value());
}

TEST(KeyRotation, TheCommandOnceMoreFinishesItWithTheSameKey) {
  const auto world = world_with_old_forms();
  world->vendor.receipts_down = true;
  EXPECT_THAT(world->rotate(), fails_with(ErrorCode::network));
  const PublicKey next = key_in(*world, world->layout.next_install_key());
  world->vendor.receipts_down = false;
  EXPECT_TRUE(world->rotate()->resumed);
  EXPECT_TRUE(next == world->vendor.install_key());
  expect_in_order(*world);
}

TEST(KeyRotation, WhatWasSignedMeanwhileIsWrittenAnewAndNothingIsLost) {
  const auto world = world_with_old_forms();
  world->vendor.loses_answer_of = "/install-keys";
  EXPECT_THAT(world->rotate(), fails_with(ErrorCode::network));
  // Recorded there, not known here: reports and a request are signed with the old key.
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_THAT(world->ask(), is_ok());
  EXPECT_EQ(world->deliver()->kept, 4);
  world->vendor.loses_answer_of.clear();
  ASSERT_THAT(world->finish_rotation(), is_ok());
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
  EXPECT_EQ(world->store.counts()->pending, 0);
  EXPECT_TRUE(world->send_requests()->kept.empty());
  EXPECT_EQ(world->vendor.requests.size(), 1U);
  EXPECT_EQ(world->vendor.incarnations.size(), 2U);
  EXPECT_FALSE(world->vendor.disputed);
}

TEST(KeyRotation, WhatTheServerTookByTheOldKeyIsNotWrittenAnew) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_THAT(world->ask(), is_ok());
  // All of it is there, and the install does not know; then its key changes.
  world->vendor.loses_answer_of = "s";
  EXPECT_EQ(world->deliver()->kept, 4);
  ASSERT_THAT(world->send_requests(), is_ok());
  world->vendor.loses_answer_of.clear();
  Install install = world->open().value();
  const PrivateKey next = PrivateKey::generate(KeyType::ed25519).value();
  world->vendor.restore_key(next.public_key());
  install.take_signer(Signer::of(next));
  EXPECT_EQ(deliver(install, Urgency::now)->delivered, 4);
  EXPECT_TRUE(send_requests(install)->kept.empty());
  EXPECT_EQ(world->vendor.incarnations.size(), 1U);
}

TEST(KeyRotation, OnlyTheServersSignatureOverThatKeyEndsIt) {
  const auto world = world_with_old_forms();
  const PublicKey before = key_in(*world, world->layout.install_key());
  const auto refuse = [&](std::string_view why) {
    EXPECT_THAT(world->rotate(), fails_with(ErrorCode::integrity, std::string(why)));
    EXPECT_TRUE(is_begun(*world));
    EXPECT_TRUE(key_in(*world, world->layout.install_key()) == before);
  };
  world->vendor.forge_key_answer = [&](KeyRotationAnswer& said) { said.key = Key::of(before).id(); };
  refuse("another install or key");
  world->vendor.forge_key_answer = [](KeyRotationAnswer& said) { said.install = InstallId::make({}, {}); };
  refuse("another install or key");
  world->vendor.forge_key_answer = [](KeyRotationAnswer& said) { said.tenant = TenantId::parse("other").value(); };
  refuse("another install or key");
  world->vendor.forge_key_answer = [](KeyRotationAnswer&) {};
  world->vendor.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  EXPECT_THAT(world->finish_rotation(), fails_with(ErrorCode::signature));
  EXPECT_TRUE(is_begun(*world));
  world->vendor.other_log_key.reset();
  ASSERT_THAT(world->finish_rotation(), is_ok());
  expect_in_order(*world);
}

TEST(KeyRotation, ARefusalMakesItThrowNoKeyAway) {
  const auto world = world_with_old_forms();
  for (const int status : {400, 403, 409, 422, 500}) {
    world->vendor.refuses_keys = status;
    EXPECT_THAT(world->rotate(), Not(is_ok())) << status;
    EXPECT_TRUE(is_begun(*world)) << status;
  }
  world->vendor.refuses_keys.reset();
  ASSERT_THAT(world->finish_rotation(), is_ok());
  expect_in_order(*world);
}

TEST(KeyRotation, AServerThatWasRestoredFromBeforeItIsToldAgain) {
  const auto world = world_with_old_forms();
  const PublicKey first = world->vendor.install_key();
  ASSERT_THAT(world->rotate(), is_ok());
  ASSERT_THAT(world->rotate(), is_ok());
  world->vendor.restore_key(first);
  world->vendor.rotations = 0;
  expect_that_everything_goes_on(*world);
  EXPECT_TRUE(has_the_vendors_key(*world));
  EXPECT_EQ(world->vendor.rotations, 2);
  EXPECT_EQ(world->vendor.incarnations.size(), 1U);
}

TEST(KeyRotation, AndOfReceiptsThatItHasLostWithIt) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  const PublicKey first = world->vendor.install_key();
  const auto backup = world->vendor.receipts;
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_THAT(world->rotate(), is_ok());
  ASSERT_THAT(world->rollback(), is_ok());
  ASSERT_EQ(world->deliver()->kept, 0);
  world->vendor.restore_key(first);
  world->vendor.receipts = backup;
  world->vendor.release("1.2", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  ASSERT_EQ(world->deliver()->kept, 0);
  std::vector<std::string> last_chain;
  for (const auto& [place, kept] : world->vendor.receipts) {
    if (place.first == world->vendor.incarnations.back())
      last_chain.push_back(kept.receipt.version.str() + " " + std::string(to_string(kept.receipt.state)));
  }
  EXPECT_THAT(last_chain,
              ElementsAre("1.1 downloaded", "1.1 verified", "1.1 applying", "1.1 installed", "1.1 rolled_back",
                          "1.2 downloaded", "1.2 verified", "1.2 applying", "1.2 installed"));
  EXPECT_EQ(world->store.counts()->pending, 0);
}

TEST(KeyRotation, ARequestForServiceAloneTellsItAsWell) {
  const auto world = world_with_old_forms();
  const PublicKey first = world->vendor.install_key();
  ASSERT_THAT(world->rotate(), is_ok());
  world->vendor.restore_key(first);
  ASSERT_THAT(world->ask(), is_ok());
  EXPECT_TRUE(world->send_requests()->kept.empty());
}

enum class Cut { kill, power, power_keeps_names };

class KeyRotationSweep : public ::testing::TestWithParam<std::tuple<Cut, bool>> {
 protected:
  static void restart(World& world) {
    world.vendor.loses_answer_of.clear();
    switch (std::get<Cut>(GetParam())) {
      case Cut::kill:
        return world.files.restart();
      case Cut::power:
        return world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
      case Cut::power_keeps_names:
        return world.files.lose_power(MemoryFileSystem::Loss::unsynced_contents);
    }
  }
};

TEST_P(KeyRotationSweep, AtAnyPointTheInstallGoesOnAsItself) {
  for (std::uint64_t n = 1;; ++n) {
    const auto world = world_with_old_forms();
    world->vendor.release("1.1", kNewForms);
    ASSERT_THAT(world->update(), is_ok());  // four reports wait
    // Changes of the records count as well.
    ASSERT_THAT(world->files.make_directory("/tick", 0700), is_ok());
    world->store.before_commit = [&world] { return world->files.sync_directory("/tick"); };
    ASSERT_THAT(world->files.sync_tree("/"), is_ok());
    const std::uint64_t before = world->files.mutations();
    if (std::get<bool>(GetParam())) world->vendor.loses_answer_of = "/install-keys";
    world->files.fail_from(n, ErrorCode::storage);
    static_cast<void>(world->rotate());
    const bool is_whole = world->files.mutations() - before < n;
    restart(*world);
    SCOPED_TRACE(::testing::Message() << "stopped at point " << n);
    // Reports that are made before it is finished belong to it as well.
    ASSERT_THAT(world->rollback(), is_ok());
    ASSERT_THAT(world->finish_rotation(), is_ok());
    EXPECT_TRUE(has_the_vendors_key(*world));
    EXPECT_FALSE(is_begun(*world));
    EXPECT_THAT(world->receipts_on("1.1"),
                UnorderedElementsAre("downloaded", "verified", "applying", "installed", "rolled_back"));
    EXPECT_LE(world->vendor.rotations, 1);
    EXPECT_EQ(world->vendor.installs.begin()->second, world->open()->enrolment().install);
    ASSERT_THAT(world->rotate(), is_ok());
    if (is_whole || ::testing::Test::HasFatalFailure()) {
      EXPECT_GE(n, 8U);
      return;
    }
  }
}

std::string sweep_name(const ::testing::TestParamInfo<std::tuple<Cut, bool>>& info) {
  constexpr std::array<const char*, 3> kCuts = {"Kill", "Power", "PowerKeepsNames"};
  return std::string(kCuts.at(static_cast<std::size_t>(std::get<Cut>(info.param)))) +
         (std::get<bool>(info.param) ? "AnswerLost" : "");
}

INSTANTIATE_TEST_SUITE_P(Cuts, KeyRotationSweep,
                         ::testing::Combine(::testing::Values(Cut::kill, Cut::power, Cut::power_keeps_names),
                                            ::testing::Bool()),
                         sweep_name);

}  // namespace
}  // namespace kip::updater
