#include <gtest/gtest.h>

#include <server/domain/key_rotation.hpp>
#include <server/domain/projection.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>

#include "../meanwhile_store.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

PrivateKey fresh_key() {
  return PrivateKey::generate(KeyType::ed25519).value();
}

class KeyRotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.register_act_and_commitments();
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    install.emplace(world.enrol());
  }

  Result<RotatedKey> send(BytesView envelope) { return rotate_key(*world.store, world.recorder, envelope); }
  Result<RotatedKey> rotate_to(const PrivateKey& key) { return send(world.rotation_envelope(*install, key)); }
  Result<RotatedKey> send(const KeyRotation& said, const PrivateKey& old_key, const PrivateKey& new_key) {
    return send(sign_rotation(said, Signer::of(old_key), Signer::of(new_key)).value());
  }

  Bytes receipt_by(const PrivateKey& key, std::int64_t sequence = 1) {
    const TestInstall as{install->id, key};
    return world.signed_receipt(as, world.receipt(as, sequence, InstallState::installed, "1.0"));
  }
  Result<TakenReceipts> take(const Bytes& receipt) { return world.receipts.take(world.caller(*install), {receipt}); }

  KeyRotationAnswer answer_in(const RotatedKey& rotated) {
    const auto payload =
        dsse::verify(dsse::parse(rotated.answer).value(), kKeyRotationAnswerType, {world.recorder.public_key()});
    return parse_key_rotation_answer(payload.value()).value();
  }
  Key key_of_install() { return world.install_record(install->id).key; }

  World world;
  std::optional<TestInstall> install;
  PrivateKey next = fresh_key();
};

TEST_F(KeyRotationTest, GivesTheInstallItsNewKeyAndSaysSoSigned) {
  const RotatedKey rotated = rotate_to(next).value();
  EXPECT_TRUE(rotated.created);
  EXPECT_EQ(key_of_install(), Key::of(next.public_key()));
  EXPECT_EQ(world.event_types().back(), "install.rekeyed");
  const KeyRotationAnswer said = answer_in(rotated);
  EXPECT_EQ(said, (KeyRotationAnswer{world.tenant, install->id, key_of_install().id(), world.clock.now()}));
}

TEST_F(KeyRotationTest, NothingElseOfTheInstallChanges) {
  ASSERT_THAT(take(receipt_by(install->key)), is_ok());
  ASSERT_THAT(world.rollouts.label("staff:an", {install->id, {Label::parse("pilot").value()}}), is_ok());
  InstallRecord before = world.install_record(install->id);
  ASSERT_THAT(rotate_to(next), is_ok());
  before.key = Key::of(next.public_key());
  EXPECT_EQ(world.install_record(install->id), before);
}

TEST_F(KeyRotationTest, TheSameOnceMoreIsAnsweredAsDone) {
  const Bytes envelope = world.rotation_envelope(*install, next);
  ASSERT_THAT(send(envelope), is_ok());
  const auto events = world.event_types();
  world.clock.advance(std::chrono::hours(1));
  // As it was, and signed anew after an interruption.
  for (const Bytes& again : {envelope, world.rotation_envelope(*install, next)}) {
    const RotatedKey rotated = send(again).value();
    EXPECT_FALSE(rotated.created);
    EXPECT_EQ(answer_in(rotated).key, Key::of(next.public_key()).id());
  }
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(KeyRotationTest, FromThenOnTheOldKeyCountsForNothing) {
  ASSERT_THAT(rotate_to(next), is_ok());
  EXPECT_THAT(take(receipt_by(install->key)), fails_with(ErrorCode::signature));
  EXPECT_THAT(take(receipt_by(next)), is_ok());
  EXPECT_THAT(rotate_to(fresh_key()), fails_with(ErrorCode::denied, "older image"));
  EXPECT_EQ(key_of_install(), Key::of(next.public_key()));
}

TEST_F(KeyRotationTest, AReceiptThatWasRecordedBeforeIsAcknowledgedAgain) {
  const Bytes before = receipt_by(install->key);
  const auto acknowledgement = take(before).value().acknowledgement;
  ASSERT_THAT(rotate_to(next), is_ok());
  const auto again = take(before);
  ASSERT_THAT(again, is_ok());
  EXPECT_EQ(again->acknowledgement, acknowledgement);
  EXPECT_THAT(take(receipt_by(install->key, 2)), fails_with(ErrorCode::signature));
}

TEST_F(KeyRotationTest, ARequestForServiceThatWasRecordedBeforeIsAnsweredAgain) {
  const Bytes before = world.signed_request(*install, ServiceKind::question);
  ASSERT_THAT(world.service.take(world.caller(*install), before), is_ok());
  ASSERT_THAT(rotate_to(next), is_ok());
  const auto again = world.service.take(world.caller(*install), before);
  ASSERT_THAT(again, is_ok());
  EXPECT_FALSE(again->created);
  EXPECT_THAT(world.service.take(world.caller(*install), world.signed_request(*install, ServiceKind::question)),
              fails_with(ErrorCode::signature));
}

TEST_F(KeyRotationTest, BothKeysHaveToSign) {
  const KeyRotation said = world.rotation(*install, next);
  const auto events = world.event_types();
  EXPECT_THAT(send(said, next, next), fails_with(ErrorCode::signature, "old key"));
  EXPECT_THAT(send(said, install->key, install->key), fails_with(ErrorCode::signature, "new key"));
  EXPECT_THAT(send(said, fresh_key(), next), fails_with(ErrorCode::signature, "old key"));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(KeyRotationTest, IsWorthNothingForAnotherVendorOrInstall) {
  KeyRotation elsewhere = world.rotation(*install, next);
  elsewhere.tenant = TenantId::parse("binh-minh").value();
  EXPECT_THAT(send(elsewhere, install->key, next), fails_with(ErrorCode::denied));
  KeyRotation of_other = world.rotation(*install, next);
  of_other.install = world.enrol("PC-2").id;
  EXPECT_THAT(send(of_other, install->key, next), fails_with(ErrorCode::denied));
  of_other.install = InstallId::make({}, {});
  EXPECT_THAT(send(of_other, install->key, next), fails_with(ErrorCode::denied));
  EXPECT_EQ(key_of_install(), Key::of(install->key.public_key()));
}

TEST_F(KeyRotationTest, TheKeyOfAnotherComputerIsRefused) {
  const TestInstall other = world.enrol("PC-2");
  EXPECT_THAT(rotate_to(other.key), fails_with(ErrorCode::conflict, "another install"));
  const CodeRequest by_word{TaxCode::parse("0101243150").value(), world.product, 1, "branch", 3, true};
  const auto codes = world.enrolment.create_codes("staff:an", by_word, world.publisher.first_root().value()).value();
  ASSERT_THAT(world.enrolment.enrol(world.enrolment_envelope(codes.codes.front(), next)), is_ok());
  EXPECT_THAT(rotate_to(next), fails_with(ErrorCode::conflict, "another install"));
}

TEST_F(KeyRotationTest, TheNewKeyIsAPlainEd25519Key) {
  const auto refuse = [&](json::Value key, std::string_view why) {
    KeyRotation said = world.rotation(*install, next);
    said.new_key = std::move(key);
    EXPECT_THAT(send(said, install->key, next), fails_with(ErrorCode::malformed, std::string(why)));
  };
  json::Object more = *Key::of(next.public_key()).json().as_object();
  more["owner"] = "me";
  refuse(more, "further members");
  refuse(Key::of(PrivateKey::generate(KeyType::ecdsa_p256).value().public_key()).json(), "Ed25519");
  EXPECT_THAT(rotate_to(install->key), fails_with(ErrorCode::malformed, "the old one"));
  EXPECT_THAT(send(Bytes("{}")), fails_with(ErrorCode::malformed));
}

TEST_F(KeyRotationTest, ARetiredOrDisputedInstallKeepsItsKey) {
  ASSERT_THAT(take(receipt_by(install->key)), is_ok());
  const TestInstall twin = *install;
  ASSERT_THAT(take(world.signed_receipt(twin, world.receipt(twin, 1, InstallState::failed, "1.0"))), is_ok());
  EXPECT_THAT(rotate_to(next), fails_with(ErrorCode::denied, "disputed"));
  ASSERT_THAT(world.enrolment.retire("staff:an", {install->id, "sold"}), is_ok());
  EXPECT_THAT(rotate_to(next), fails_with(ErrorCode::denied, "retired"));
  EXPECT_EQ(key_of_install(), Key::of(install->key.public_key()));
}

TEST_F(KeyRotationTest, WhoWasDisputedMeanwhileIsToldThatItIsDone) {
  ASSERT_THAT(take(receipt_by(install->key)), is_ok());
  ASSERT_THAT(rotate_to(next), is_ok());
  const TestInstall now{install->id, next};
  ASSERT_THAT(take(world.signed_receipt(now, world.receipt(now, 1, InstallState::failed, "1.0"))), is_ok());
  ASSERT_TRUE(world.install_record(install->id).disputed);
  EXPECT_FALSE(rotate_to(next).value().created);
}

TEST_F(KeyRotationTest, OneAfterTheOtherAndTheFirstOneIsNotDoneAgain) {
  const Bytes first = world.rotation_envelope(*install, next);
  ASSERT_THAT(send(first), is_ok());
  const PrivateKey third = fresh_key();
  ASSERT_THAT(send(world.rotation_envelope({install->id, next}, third)), is_ok());
  EXPECT_THAT(send(first), fails_with(ErrorCode::denied));
  EXPECT_EQ(key_of_install(), Key::of(third.public_key()));
}

TEST_F(KeyRotationTest, ItsOwnCodeStillKnowsIt) {
  const EnrolmentCode code = world.code();
  const auto enrolled = world.enrolment.enrol(world.enrolment_envelope(code, next)).value();
  TestInstall other{enrolled.install, next};
  world.rekey(other);
  const auto again = world.enrolment.enrol(world.enrolment_envelope(code, other.key));
  ASSERT_THAT(again, is_ok());
  EXPECT_EQ(again->install, enrolled.install);
}

TEST_F(KeyRotationTest, NoReceiptByTheOldKeyComesToStandBehindIt) {
  MeanwhileStore store(world.store);
  Receipts receipts(store, world.recorder);
  const Bytes receipt = receipt_by(install->key);
  store.meanwhile = [&] { ASSERT_THAT(rotate_to(next), is_ok()); };
  EXPECT_THAT(receipts.take(world.caller(*install), {receipt}), fails_with(ErrorCode::signature));
  EXPECT_EQ(world.event_types().back(), "install.rekeyed");
}

}  // namespace
}  // namespace kip::server::testing
