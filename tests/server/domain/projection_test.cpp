#include <gtest/gtest.h>

#include <server/domain/projection.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <testing/temporary_directory.hpp>

#include "history.hpp"

namespace kip::server::testing {
namespace {

/// Everything the projection holds.
struct Snapshot {
  std::vector<Act> acts;
  std::vector<Commitment> commitments;
  std::vector<Customer> customers;
  std::vector<EnrolmentCodeRecord> codes;
  std::vector<WaitingInstall> waiting;
  std::vector<InstallRecord> installs;
  std::vector<ReceiptRecord> receipts;
  std::vector<InstallationRecord> installations;
  std::vector<PublicationRecord> publications;
  std::vector<ObligationRecord> obligations;
  std::vector<ActHistory> histories;
  std::vector<DeferralRecord> deferrals;
  std::vector<Coverage> coverages;
  std::vector<RowRecord> rows;
  std::vector<TallyRecord> tallies;
  std::vector<StaffMember> people;
  std::vector<TokenRecord> tokens;
  std::vector<NoticeRecord> notices;
  std::vector<NoticeSwitch> switches;
  std::vector<ServicePromise> promises;
  std::vector<ServiceRecord> services;
  std::vector<InspectionRecord> inspections;
  std::vector<RolloutRecord> rollouts;
  std::vector<ProgressRecord> progress;
  std::vector<Proposal> proposals;

  bool operator==(const Snapshot&) const = default;
};

Snapshot snapshot_of(World& world) {
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  Projection& from = unit->projection();
  return {from.acts.all().value(),
          from.commitments.all().value(),
          from.customers.all().value(),
          from.codes.all().value(),
          from.waiting.all().value(),
          from.installs.all().value(),
          from.receipts.all().value(),
          from.installations.all().value(),
          from.publications.all().value(),
          from.obligations.all().value(),
          from.histories.all().value(),
          from.deferrals.all().value(),
          from.coverages.all().value(),
          from.rows.all().value(),
          from.tallies.all().value(),
          from.people.all().value(),
          from.tokens.all().value(),
          from.notices.all().value(),
          from.notice_switches.all().value(),
          from.promises.all().value(),
          from.services.all().value(),
          from.inspections.all().value(),
          from.rollouts.all().value(),
          from.progress.all().value(),
          from.proposals.all().value()};
}

void expect_same_after_rebuild(World& world) {
  live_through_everything(world);
  const Snapshot before = snapshot_of(world);
  ASSERT_EQ(before.receipts.size(), 3U);
  ASSERT_EQ(before.publications.size(), 2U);
  const auto events = static_cast<std::int64_t>(world.event_types().size());
  EXPECT_EQ(rebuild(*world.store, world.tenant, {world.recorder.public_key()}).value(), events);
  EXPECT_TRUE(snapshot_of(world) == before);
}

TEST(Projection, ARebuiltOneEqualsTheLiveOneInMemory) {
  World world;
  expect_same_after_rebuild(world);
}

TEST(Projection, ARebuiltOneEqualsTheLiveOneInSqlite) {
  const kip::testing::TemporaryDirectory folder;
  World world(SqliteStore::open(folder.path() / "kip.db").value());
  expect_same_after_rebuild(world);
}

TEST(Projection, EveryEventTypeOccursInThatHistory) {
  World world;
  live_through_everything(world);
  const auto types = world.event_types();
  const std::set<std::string> seen(types.begin(), types.end());
  EXPECT_EQ(seen, (std::set<std::string>{"act.date-confirmed",
                                         "act.date-stated",
                                         "act.development-confirmed",
                                         "act.development-stated",
                                         "act.registered",
                                         "code.created",
                                         "commitment.registered",
                                         "coverage.disposed",
                                         "coverage.extended",
                                         "customer.erased",
                                         "customer.imported",
                                         "inspection.recorded",
                                         "install.alarm",
                                         "install.declined",
                                         "install.enrolled",
                                         "install.labelled",
                                         "install.rekeyed",
                                         "install.replaced",
                                         "install.retired",
                                         "install.waiting",
                                         "log.head-recorded",
                                         "log.restarted",
                                         "notice.accepted",
                                         "notice.bounced",
                                         "notice.queued",
                                         "notice.switched",
                                         "obligation.blocked",
                                         "obligation.opened",
                                         "obligation.unblocked",
                                         "obligation.waiver-approved",
                                         "obligation.waiver-requested",
                                         "person.added",
                                         "person.changed",
                                         "person.invited",
                                         "person.password-set",
                                         "person.removed",
                                         "proposal.decided",
                                         "proposal.made",
                                         "receipts.recorded",
                                         "release.published",
                                         "rollout.changed",
                                         "service.answered",
                                         "service.promise-registered",
                                         "service.remote-failed",
                                         "service.requested",
                                         "service.resolved",
                                         "service.visited",
                                         "timestamp.recorded",
                                         "token.created",
                                         "token.revoked"}));
}

TEST(Projection, ARebuildRefusesAnEventThatTheServerDidNotSign) {
  World world;
  live_through_everything(world);
  const Snapshot before = snapshot_of(world);
  const PublicKey stranger = PrivateKey::generate(KeyType::ed25519).value().public_key();
  EXPECT_THAT(rebuild(*world.store, world.tenant, {stranger}), fails_with(ErrorCode::signature, "replaying event 1"));
  EXPECT_TRUE(snapshot_of(world) == before);
}

TEST(Projection, ATokenFromBeforeThereWerePeopleIsOfAPersonWhoMayDoEverything) {
  World world;
  const std::string text = "kip_" + std::string(43, 'x');
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(
        world.recorder.record(*unit, event_type::kTokenCreated, kServerActor,
                              json::Object{{"token_sha256", sha256(text).hex()}, {"name", "binh"}, {"role", "admin"}}),
        is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  ASSERT_THAT(rebuild(*world.store, world.tenant, {world.recorder.public_key()}), is_ok());
  world.clock.advance(std::chrono::days(1000));
  const StaffCaller caller = world.access.recognise(text).value();
  EXPECT_EQ(caller.person.str(), "binh");
  EXPECT_EQ(caller.actions, actions_of(every_role()));
}

TEST(Projection, AnUnknownTypeOfEventChangesNothing) {
  World world;
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  EXPECT_THAT(world.recorder.record(*unit, "moon.landed", "server", json::Object{}), is_ok());
}

TEST(Projection, AMalformedBodyIsRefusedBeforeItIsHistory) {
  World world;
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  EXPECT_THAT(world.recorder.record(*unit, event_type::kActRegistered, "server", json::Object{}),
              fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip::server::testing
