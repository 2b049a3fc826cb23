#include <gmock/gmock.h>

#include <client-updater/update/log_export.hpp>
#include <client-updater/update/log_watch.hpp>
#include <manifests/model/receipt.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/log/tile.hpp>
#include <testing/test_log.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TestLog;

constexpr const char* kOrigin = "vendor.test/t/an-phat/log/o";

/// An install of a vendor whose officers have authorised a log.
class LogWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world = world_with_old_forms();
    authorise({&log});
    show(log, 5);
  }

  void authorise(const std::vector<const TestLog*>& logs, const std::string& tenant = "an-phat") {
    LogKeys keys{TenantId::parse(tenant).value(), {}};
    for (const TestLog* one : logs) {
      const Key entry_key = Key::of(PrivateKey::generate(KeyType::ed25519)->public_key());
      keys.logs.push_back({LogName::o, {one->key()}, {entry_key}});
    }
    world->vendor.repository.set_custom(to_json(keys));
    world->vendor.repository.publish();
  }
  /// Lets the vendor serve the log as it is at that size; the tiles can be of another one.
  void show(const TestLog& of, std::uint64_t size, const std::string& folder = "o", const TestLog* tiles = nullptr) {
    auto& files = world->vendor.repository.files;
    const std::string base = "log/" + folder + "/";
    std::erase_if(files, [&](const auto& file) { return file.first.starts_with(base); });
    files[base + "checkpoint"] = of.note(size).bytes();
    Bytes tile;
    for (std::uint64_t i = 0; i < size; ++i)
      tile += (tiles == nullptr ? of : *tiles).leaf(i).bytes();
    if (size > 0) files[base + tlog::tile_path({0, 0, static_cast<unsigned>(size)})] = std::move(tile);
  }
  LogLook look() {
    world->advance(std::chrono::hours(1));
    auto checked = world->check();
    EXPECT_THAT(checked, is_ok());
    return checked ? checked->log : LogLook();
  }
  State state() { return world->store.load().value(); }
  /// Sizes of the kept heads.
  std::vector<std::int64_t> sizes() {
    std::vector<std::int64_t> out;
    for (const KeptHead& one : state().log_heads)
      out.push_back(one.head.size);
    return out;
  }
  std::size_t asked_for_log() {
    return static_cast<std::size_t>(std::count_if(world->vendor.paths.begin(), world->vendor.paths.end(),
                                                  [](const auto& path) { return path.find("/log/") != path.npos; }));
  }
  Receipt last_receipt() {
    EXPECT_THAT(world->deliver(), is_ok());
    return world->vendor.receipts.rbegin()->second.receipt;
  }

  std::unique_ptr<World> world;
  TestLog log{kOrigin};
};

TEST_F(LogWatchTest, AHeadIsKeptAndStandsInWhatTheInstallReports) {
  world->vendor.release("1.1", kNewForms);
  const auto updated = world->update();
  ASSERT_THAT(updated, is_ok());
  ASSERT_TRUE(updated->offer.log.newer);
  EXPECT_EQ(updated->offer.log.newer->note, log.note(5).bytes());
  EXPECT_THAT(sizes(), ElementsAre(5));
  const Receipt receipt = last_receipt();
  EXPECT_EQ(receipt.seen, (SeenHead{kOrigin, 5, log.head(5).root}));
}

TEST_F(LogWatchTest, TheFirstReportRestsOnTheNewestStampOfWhichTheServerTold) {
  const Sha256Digest stamp = sha256("a token's signature value");
  world->vendor.repository.files["log/o/newest-stamp"] = stamp.hex() + "\n";
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(last_receipt().basis, stamp);
}

TEST_F(LogWatchTest, WhatIsNoIdentityOfAStampIsNoBasis) {
  const std::string hex = sha256("x").hex();
  for (const std::string& text : {std::string(), hex, hex + hex, hex + " ", std::string(65, '\n'), "x" + hex}) {
    world->vendor.repository.files["log/o/newest-stamp"] = text;
    look();
    EXPECT_EQ(state().basis, std::nullopt) << text;
  }
}

TEST_F(LogWatchTest, ALogThatGrowsIsFollowedByProofsFromItsTiles) {
  look();
  for (const std::uint64_t size : {6U, 8U, 200U}) {
    show(log, size);
    EXPECT_TRUE(look().newer) << size;
    EXPECT_THAT(sizes(), ElementsAre(size));
  }
  EXPECT_FALSE(look().newer) << "the same head again is nothing new";
  EXPECT_THAT(state().log_conflicts, IsEmpty());
}

TEST_F(LogWatchTest, AForkIsAnAlarmOnceBothNotesAreKeptAndUpdatesGoOn) {
  look();
  const TestLog fork(log, 3);
  show(fork, 9);
  world->vendor.release("1.1", kNewForms);
  const auto updated = world->update();
  ASSERT_THAT(updated, is_ok());
  EXPECT_TRUE(updated->installed);
  EXPECT_EQ(world->in_use(), "1.1");
  ASSERT_TRUE(updated->offer.log.conflict);
  const LogConflict expected{LogFault::forked, kOrigin, log.note(5).bytes(), fork.note(9).bytes(), world->clock.now()};
  EXPECT_EQ(*updated->offer.log.conflict, expected);
  EXPECT_THAT(state().log_conflicts, ElementsAre(expected));
  EXPECT_THAT(sizes(), ElementsAre(5)) << "what it believes stays";
  EXPECT_FALSE(look().conflict) << "told once";
  EXPECT_EQ(last_receipt().seen->size, 5);
}

TEST_F(LogWatchTest, TwoTreesOfOneSizeAreAForkWithoutAnyTile) {
  look();
  const TestLog fork(log, 3);
  show(fork, 5);
  std::erase_if(world->vendor.repository.files,
                [](const auto& file) { return file.first.find("/tile/") != std::string::npos; });
  EXPECT_EQ(look().conflict->fault, LogFault::forked);
}

TEST_F(LogWatchTest, ALogThatHasShrunkIsAnAlarmToo) {
  look();
  show(log, 4);
  const LogLook seen = look();
  ASSERT_TRUE(seen.conflict);
  EXPECT_EQ(seen.conflict->fault, LogFault::shrunk);
  EXPECT_EQ(seen.conflict->earlier, log.note(5).bytes());
  EXPECT_THAT(sizes(), ElementsAre(5));
  show(log, 7);
  EXPECT_TRUE(look().newer) << "and goes on where it is right again";
  EXPECT_THAT(state().log_conflicts, SizeIs(1));
}

TEST_F(LogWatchTest, DamageOnTheWayIsNoFork) {
  look();
  const TestLog damaged(log, 2);
  show(log, 9, "o", &damaged);
  const LogLook seen = look();
  EXPECT_FALSE(seen.conflict);
  ASSERT_TRUE(seen.failure);
  EXPECT_EQ(seen.failure->code, ErrorCode::integrity);
  EXPECT_THAT(sizes(), ElementsAre(5));
  EXPECT_THAT(state().log_conflicts, IsEmpty());
}

TEST_F(LogWatchTest, ALogThatCannotBeReachedFailsNothing) {
  std::erase_if(world->vendor.repository.files, [](const auto& file) { return file.first.starts_with("log/"); });
  world->vendor.release("1.1", kNewForms);
  const auto updated = world->update();
  ASSERT_THAT(updated, is_ok());
  EXPECT_TRUE(updated->installed);
  EXPECT_EQ(updated->offer.log.failure->code, ErrorCode::not_found);
  EXPECT_EQ(last_receipt().seen, std::nullopt);
}

TEST_F(LogWatchTest, OnlyAHeadThatTheAuthorisedKeyHasSignedCounts) {
  const TestLog impostor(kOrigin);
  show(impostor, 5);
  EXPECT_EQ(look().failure->code, ErrorCode::signature);
  EXPECT_THAT(sizes(), IsEmpty());
  world->vendor.repository.files["log/o/checkpoint"] = "no note";
  EXPECT_EQ(look().failure->code, ErrorCode::malformed);
  world->vendor.repository.files["log/o/checkpoint"] = Bytes(70'000, 'x');
  EXPECT_TRUE(look().failure);
  authorise({&log}, "another");
  show(log, 5);
  EXPECT_EQ(look().failure->code, ErrorCode::signature) << "keys of another vendor";
  EXPECT_THAT(sizes(), IsEmpty());
}

TEST_F(LogWatchTest, ANewLifeIsAnotherLogAndTheOldHeadStays) {
  look();
  const TestLog second("vendor.test/t/an-phat/log/o2");
  authorise({&log, &second});
  show(second, 2, "o2");
  EXPECT_TRUE(look().newer);
  EXPECT_THAT(sizes(), ElementsAre(5, 2));
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(last_receipt().seen->origin, second.origin());
  EXPECT_THAT(state().log_conflicts, IsEmpty());
}

TEST_F(LogWatchTest, NamesThatAreNoLifeAreNotFollowed) {
  for (const char* name : {"x/log/r", "x/log/o1", "x/log/o02", "x/log/o-2", "x/log/o2x", "x/log/..", "x/log/o0"}) {
    const TestLog odd(name);
    authorise({&odd});
    const std::size_t before = asked_for_log();
    EXPECT_EQ(look().failure->code, ErrorCode::not_found) << name;
    EXPECT_EQ(asked_for_log(), before) << name;
  }
}

TEST_F(LogWatchTest, NobodyIsAskedWhereOfficersNameNoLogOrABundleStandsIn) {
  const std::size_t before = asked_for_log();
  Install install = world->open().value();
  EXPECT_FALSE(look_at_log(install, {}).failure);
  Ports by_bundle = world->ports();
  by_bundle.vouched_at = world->clock.now();
  Install offline = Install::open(by_bundle, world->layout).value();
  const LogKeys keys{TenantId::parse("an-phat").value(), {}};
  EXPECT_FALSE(look_at_log(offline, to_json(keys)).failure);
  EXPECT_EQ(asked_for_log(), before);
}

TEST_F(LogWatchTest, AsManyContradictionsAreKeptAsAnAuditorNeeds) {
  look();
  for (std::uint64_t size = 6; size < 6 + kMaxLogConflicts + 4; ++size) {
    const TestLog fork(log, 1);
    show(fork, size);
    look();
  }
  EXPECT_THAT(state().log_conflicts, SizeIs(kMaxLogConflicts));
}

TEST_F(LogWatchTest, AnAuditorGetsEverythingThatTheLogHasSigned) {
  EXPECT_THAT(export_log(world->files, state(), "/out.json", world->clock.now()), fails_with(ErrorCode::not_found));
  look();
  const TestLog fork(log, 3);
  show(fork, 9);
  look();
  ASSERT_THAT(export_log(world->files, state(), "/out.json", world->clock.now()), is_ok());
  const json::Value written = json::parse(read_file(world->files, "/out.json", 100'000).value()).value();
  EXPECT_EQ(*written.find("format")->as_text(), "kip.log-heads/1");
  const auto& heads = *written.find("heads")->as_array();
  ASSERT_THAT(heads, SizeIs(1));
  EXPECT_EQ(*heads[0].find("note")->as_text(), log.note(5).bytes());
  const auto& conflicts = *written.find("conflicts")->as_array();
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(*conflicts[0].find("earlier")->as_text(), log.note(5).bytes());
  EXPECT_EQ(*conflicts[0].find("later")->as_text(), fork.note(9).bytes());
}

TEST_F(LogWatchTest, TheNewestTimeStampOfTheServersWordStandsInLaterReceipts) {
  const Sha256Digest token = sha256("the token's signature");
  world->vendor.forge = [&](Acknowledgement& said) { said.basis = token; };
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(last_receipt().basis, std::nullopt) << "made before it was known";
  EXPECT_EQ(state().basis, token);
  world->vendor.forge = [](Acknowledgement&) {};
  world->vendor.release("1.2", kOldForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(last_receipt().basis, token);
  EXPECT_EQ(state().basis, token) << "an answer without one takes nothing away";
}

}  // namespace
}  // namespace kip::updater
