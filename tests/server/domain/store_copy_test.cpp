#include <gtest/gtest.h>

#include <server/domain/store_copy.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <testing/temporary_directory.hpp>

#include "history.hpp"

namespace kip::server::testing {
namespace {

std::vector<Leaf> leaves_of(LeafTable& from, LogName log) {
  std::vector<Leaf> out;
  for (const LogLife& life : from.lives(log).value()) {
    for (const Leaf& leaf : from.of_life(log, life.number, 0, 100'000).value())
      out.push_back(leaf);
  }
  return out;
}

TEST(StoreCopy, HasAllThatWasRecordedAndWhatFollowsFromIt) {
  const kip::testing::TemporaryDirectory folder;
  World world;
  live_through_everything(world);
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    const StampSubject subject{sha256("a"), "a\n", 1, world.clock.now()};
    ASSERT_THAT(unit->stamps().put_subject(subject), is_ok());
    ASSERT_THAT(unit->stamps().put({.subject = subject.digest, .authority = "A"}), is_ok());
    ASSERT_THAT(unit->revocations().put({sha256("signer"), "A", "token"}), is_ok());
    ASSERT_THAT(
        unit->credentials().put({PersonName::parse("an").value(), {}, Invitation{sha256("i"), world.clock.now()}}),
        is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  ASSERT_THAT(world.alerts.test("staff:an"), is_ok());
  const auto copy = SqliteStore::open(folder.path() / "kip.db").value();
  const std::vector<PublicKey> keys = {world.recorder.public_key()};
  EXPECT_EQ(copy_state(*world.store, *copy, world.tenant, keys).value(),
            static_cast<std::int64_t>(world.event_types().size()));
  const auto before = world.store->begin(world.tenant, Access::read).value();
  const auto after = copy->begin(world.tenant, Access::read).value();
  EXPECT_EQ(after->events().after(0, 100'000).value(), before->events().after(0, 100'000).value());
  for (const LogName log : {LogName::o, LogName::r}) {
    EXPECT_EQ(after->leaves().lives(log).value(), before->leaves().lives(log).value());
    EXPECT_EQ(leaves_of(after->leaves(), log), leaves_of(before->leaves(), log));
    EXPECT_FALSE(leaves_of(after->leaves(), log).empty());
  }
  EXPECT_EQ(after->stamps().all().value(), before->stamps().all().value());
  EXPECT_EQ(after->stamps().last_subject().value(), before->stamps().last_subject().value());
  EXPECT_EQ(after->alerts().all().value(), before->alerts().all().value());
  EXPECT_EQ(after->alert_deliveries().all().value(), before->alert_deliveries().all().value());
  EXPECT_FALSE(after->alert_deliveries().all().value().empty());
  EXPECT_EQ(after->revocations().all().value(), before->revocations().all().value());
  EXPECT_EQ(after->credentials().all().value(), before->credentials().all().value());
  EXPECT_FALSE(after->credentials().all().value().empty());
  EXPECT_EQ(after->projection().installs.all().value(), before->projection().installs.all().value());
  EXPECT_EQ(after->projection().rows.all().value(), before->projection().rows.all().value());
  EXPECT_EQ(after->projection_form().value(), kProjectionForm);
}

TEST(StoreCopy, IsMadeOnceAndOfSomething) {
  World world;
  MemoryStore copy;
  const std::vector<PublicKey> keys = {world.recorder.public_key()};
  MemoryStore nothing;
  EXPECT_THAT(copy_state(nothing, copy, world.tenant, keys), fails_with(ErrorCode::not_found));
  live_through_everything(world);
  EXPECT_THAT(copy_state(*world.store, copy, world.tenant, keys), is_ok());
  EXPECT_THAT(copy_state(*world.store, copy, world.tenant, keys), fails_with(ErrorCode::conflict));
}

TEST(StoreCopy, LeavesNothingWhereAnEventIsNotSignedByTheServer) {
  World world;
  MemoryStore copy;
  live_through_everything(world);
  const PublicKey other = PrivateKey::generate(KeyType::ed25519).value().public_key();
  EXPECT_THAT(copy_state(*world.store, copy, world.tenant, {other}), fails_with(ErrorCode::signature));
  EXPECT_EQ(copy.begin(world.tenant, Access::read).value()->events().last_index().value(), 0);
}

}  // namespace
}  // namespace kip::server::testing
