#include <gtest/gtest.h>

#include <signing/dsse/envelope.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

class ReceiptsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.register_act_and_commitments();
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    install.emplace(world.enrol());
  }

  Bytes receipt(std::int64_t sequence, InstallState state = InstallState::installed,
                std::optional<Sha256Digest> previous = {}) {
    return world.signed_receipt(*install, world.receipt(*install, sequence, state, "1.0", previous));
  }

  Result<TakenReceipts> take(const std::vector<Bytes>& envelopes) {
    return world.receipts.take(world.caller(*install), envelopes);
  }

  std::vector<AcknowledgedReceipt> said_in(const std::optional<Bytes>& envelope) {
    if (!envelope) return {};
    const Bytes payload =
        dsse::verify(dsse::parse(*envelope).value(), kAcknowledgementType, {world.recorder.public_key()}).value();
    const Acknowledgement said = parse_acknowledgement(payload).value();
    EXPECT_EQ(said.install, install->id);
    return said.receipts;
  }

  std::string last_actor() {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    const Bytes envelope = unit->events().after(0, 1000).value().back().envelope;
    return parse_event(dsse::parse(envelope)->payload)->actor;
  }

  World world;
  std::optional<TestInstall> install;
};

TEST_F(ReceiptsTest, AReceiptIsRecordedAndAcknowledgedWithItsPlace) {
  const Bytes first = receipt(1);
  const auto said = said_in(take({first})->acknowledgement);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].receipt, sha256(first));
  EXPECT_EQ(said[0].recorded_time, world.clock.now());
  const auto events = world.event_types();
  EXPECT_EQ(static_cast<std::size_t>(said[0].event_index), events.size());
  EXPECT_EQ(events.back(), "receipts.recorded");
}

TEST_F(ReceiptsTest, WhatIsMissingBeforeTheFirstOneIsAskedFor) {
  const Bytes first = receipt(1);
  EXPECT_FALSE(take({first}).value().missing_from);
  const Bytes second = receipt(2, InstallState::failed, sha256(first));
  const Bytes third = receipt(3, InstallState::failed, sha256(second));
  const Bytes fourth = receipt(4, InstallState::failed, sha256(third));
  EXPECT_EQ(take({fourth}).value().missing_from, 2);
  EXPECT_FALSE(take({second, third}).value().missing_from);
  EXPECT_FALSE(take({fourth}).value().missing_from);
}

TEST_F(ReceiptsTest, SendingAgainGivesTheSameAcknowledgement) {
  const Bytes first = receipt(1);
  const auto before = take({first})->acknowledgement;
  world.clock.advance(std::chrono::hours(1));
  const auto events = world.event_types();
  EXPECT_EQ(take({first})->acknowledgement, before);
  EXPECT_EQ(take({first, first})->acknowledgement, before);
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ReceiptsTest, BroughtByStaffItCountsOnceAndHistoryNamesWhoBroughtIt) {
  const Bytes first = receipt(1);
  const auto brought = world.receipts.import("staff:binh", install->id, {first});
  ASSERT_THAT(brought, is_ok());
  const auto events = world.event_types();
  EXPECT_EQ(last_actor(), "staff:binh");
  EXPECT_EQ(world.install_record(install->id).report->state, InstallState::installed);
  EXPECT_EQ(take({first})->acknowledgement, brought->acknowledgement);
  EXPECT_EQ(world.receipts.import("staff:an", install->id, {first})->acknowledgement, brought->acknowledgement);
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ReceiptsTest, WhatAnotherInstallSignedCannotBeBrought) {
  Bytes changed = receipt(1);
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(world.receipts.import("staff:binh", install->id, {receipt(1), changed}));
  EXPECT_EQ(world.install_record(install->id).last_sequence, 0) << "all or none";
}

TEST_F(ReceiptsTest, AChainIsFollowed) {
  const Bytes first = receipt(1, InstallState::downloaded);
  const Bytes second = receipt(2, InstallState::installed, sha256(first));
  ASSERT_THAT(take({first, second}), is_ok());
  const InstallRecord record = world.install_record(install->id);
  EXPECT_EQ(record.last_sequence, 2);
  EXPECT_EQ(record.missing, 0);
  EXPECT_FALSE(record.disputed);
  EXPECT_EQ(record.report->state, InstallState::installed);
}

TEST_F(ReceiptsTest, AGapIsAcceptedAndCountedUntilItIsFilled) {
  const Bytes first = receipt(1);
  const Bytes second = receipt(2, InstallState::verified, sha256(first));
  const Bytes third = receipt(3, InstallState::installed, sha256(second));
  ASSERT_THAT(take({first, third}), is_ok());
  EXPECT_EQ(world.install_record(install->id).missing, 1);
  ASSERT_THAT(take({second}), is_ok());
  const InstallRecord record = world.install_record(install->id);
  EXPECT_EQ(record.missing, 0);
  EXPECT_EQ(record.last_sequence, 3);
  EXPECT_EQ(record.report->state, InstallState::installed);
  EXPECT_FALSE(record.disputed);
}

TEST_F(ReceiptsTest, OneNumberWithOtherBytesKeepsBothAndDisputes) {
  ASSERT_THAT(take({receipt(1, InstallState::installed)}), is_ok());
  ASSERT_THAT(take({receipt(1, InstallState::failed)}), is_ok());
  EXPECT_TRUE(world.install_record(install->id).disputed);
  EXPECT_EQ(world.event_types().back(), "install.alarm");
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  EXPECT_EQ(unit->projection().receipts.between(install->id, std::string(32, 'a'), 1, 1).value().size(), 2U);
}

TEST_F(ReceiptsTest, ALinkThatDoesNotFitDisputesFromEitherSide) {
  ASSERT_THAT(take({receipt(1), receipt(2, InstallState::installed, sha256("something else"))}), is_ok());
  EXPECT_TRUE(world.install_record(install->id).disputed);
  install.emplace(world.enrol("PC-2"));
  ASSERT_THAT(take({receipt(2, InstallState::installed, sha256("something else"))}), is_ok());
  EXPECT_FALSE(world.install_record(install->id).disputed);
  ASSERT_THAT(take({receipt(1)}), is_ok());
  EXPECT_TRUE(world.install_record(install->id).disputed);
}

TEST_F(ReceiptsTest, ANewIncarnationBeginsAnew) {
  ASSERT_THAT(take({receipt(1)}), is_ok());
  Receipt other = world.receipt(*install, 1, InstallState::installed, "1.0");
  other.incarnation = std::string(32, 'b');
  ASSERT_THAT(take({world.signed_receipt(*install, other)}), is_ok());
  const InstallRecord record = world.install_record(install->id);
  EXPECT_EQ(record.incarnation, other.incarnation);
  EXPECT_EQ(record.last_sequence, 1);
  EXPECT_FALSE(record.disputed);
}

TEST_F(ReceiptsTest, AnInstallThatAsksIsToldOfAForkAndNothingIsDisputed) {
  const Bytes first = receipt(1, InstallState::downloaded);
  const Bytes second = receipt(2, InstallState::installed, sha256(first));
  const Bytes third = receipt(3, InstallState::failed, sha256(second));
  ASSERT_THAT(take({first, second, third}), is_ok());
  const Bytes other = receipt(2, InstallState::failed, sha256(first));
  const Bytes after = receipt(3, InstallState::rolled_back, sha256(other));
  const auto events = world.event_types();
  const TakenReceipts taken = world.receipts.take(world.caller(*install), {first, other, after}, OnFork::stop).value();
  const auto said = said_in(taken.acknowledgement);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].receipt, sha256(first));
  const auto fork = said_in(taken.fork);
  ASSERT_EQ(fork.size(), 1U);
  EXPECT_EQ(fork[0].sequence, 2);
  EXPECT_EQ(fork[0].receipt, sha256(second));
  EXPECT_EQ(fork[0].incarnation, std::string(32, 'a'));
  EXPECT_EQ(world.event_types(), events);
  EXPECT_FALSE(world.install_record(install->id).disputed);
}

TEST_F(ReceiptsTest, ALinkThatDoesNotFitIsAForkToo) {
  const Bytes first = receipt(1);
  ASSERT_THAT(take({first}), is_ok());
  const TakenReceipts taken =
      world.receipts
          .take(world.caller(*install), {receipt(2, InstallState::installed, sha256("another one"))}, OnFork::stop)
          .value();
  EXPECT_FALSE(taken.acknowledgement);
  ASSERT_EQ(said_in(taken.fork).size(), 1U);
  EXPECT_EQ(said_in(taken.fork)[0].receipt, sha256(first));
}

TEST_F(ReceiptsTest, AnIncarnationThatGoesOnAfterALaterOneIsAClone) {
  const Bytes first = receipt(1);
  const Bytes second = receipt(2, InstallState::installed, sha256(first));
  ASSERT_THAT(take({first}), is_ok());
  Receipt other = world.receipt(*install, 1, InstallState::installed, "1.0");
  other.incarnation = std::string(32, 'b');
  ASSERT_THAT(take({world.signed_receipt(*install, other)}), is_ok());
  EXPECT_FALSE(take({first})->disputed) << "one that is sent again is no sign of life";
  EXPECT_TRUE(take({second})->disputed);
  EXPECT_TRUE(world.install_record(install->id).disputed);
  EXPECT_EQ(world.event_types().back(), "install.alarm");
  const auto events = world.event_types();
  EXPECT_TRUE(take({first})->disputed);
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ReceiptsTest, OneBadReceiptRefusesTheBatchAndIsNamed) {
  const TestInstall stranger = world.enrol("PC-2");
  const auto events = world.event_types();
  const Bytes foreign = world.signed_receipt(stranger, world.receipt(stranger, 1, InstallState::installed, "1.0"));
  EXPECT_THAT(take({receipt(1), foreign}), fails_with(ErrorCode::signature, "receipt 2 of 2"));
  const TestInstall mixed{stranger.id, install->key};
  const Bytes wrong_id = world.signed_receipt(*install, world.receipt(mixed, 1, InstallState::installed, "1.0"));
  EXPECT_THAT(take({wrong_id}), fails_with(ErrorCode::denied));
  EXPECT_THAT(take({receipt(1), "{}"}), fails_with(ErrorCode::malformed));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ReceiptsTest, ARequestIsGoodOnce) {
  const InstallCaller caller = world.caller(*install);
  ASSERT_THAT(world.receipts.take(caller, {receipt(1)}), is_ok());
  EXPECT_THAT(world.receipts.take(caller, {receipt(1)}), fails_with(ErrorCode::denied, "received before"));
}

TEST_F(ReceiptsTest, AnUnknownInstallIsDenied) {
  install->id = InstallId::make({}, {});
  EXPECT_THAT(take({receipt(1)}), fails_with(ErrorCode::denied, "enrol it"));
}

TEST_F(ReceiptsTest, AHeldInstallsReceiptsAreKeptAndDoNotCount) {
  const EnrolmentCode code = world.code();
  install->id = world.enrolment.enrol(world.enrolment_envelope(code, install->key)).value().install;
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519).value();
  ASSERT_THAT(world.enrolment.enrol(world.enrolment_envelope(code, other)), fails_with(ErrorCode::conflict));
  const TakenReceipts taken = take({receipt(1)}).value();
  EXPECT_EQ(taken.standing, Standing::held);
  EXPECT_EQ(said_in(taken.acknowledgement).size(), 1U);
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  for (const BoardEntry& entry :
       world.board.judge_all(unit->projection(), world.clock.now(), Detail::customers).value())
    EXPECT_EQ(entry.view.tally.installed, 0);
}

TEST_F(ReceiptsTest, ATooLargeBatchIsRefused) {
  EXPECT_THAT(take(std::vector<Bytes>(Receipts::kMaxBatch + 1, receipt(1))), fails_with(ErrorCode::too_large));
  // An event of that size could not be read again.
  EXPECT_THAT(take(std::vector<Bytes>(3, Bytes(1U << 20U, 'x'))), fails_with(ErrorCode::too_large, "send fewer"));
}

TEST_F(ReceiptsTest, TwoSeatsThatHaveItInTimeMeetTheObligation) {
  const TestInstall second = world.enrol("PC-2");
  ASSERT_THAT(take({receipt(1)}), is_ok());
  const auto installed = [&] {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return world.board.judge_all(unit->projection(), world.clock.now(), Detail::customers).value().at(0).view;
  };
  ASSERT_EQ(installed().commitment.str(), "forms-installed-7d");
  EXPECT_EQ(installed().tally.installed, 1);
  EXPECT_EQ(installed().customers.at(0).missing, std::vector<std::string>{"PC-2"});
  const Bytes last = world.signed_receipt(second, world.receipt(second, 1, InstallState::already_installed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(second), {last}), is_ok());
  EXPECT_EQ(installed().tally.installed, 2);
  EXPECT_EQ(installed().state, ObligationState::met);
}

}  // namespace
}  // namespace kip::server::testing
