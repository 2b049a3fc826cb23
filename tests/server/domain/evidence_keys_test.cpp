// Receipts of installs that have taken another key: each by the key that the install had at the receipt's place.

#include <server/domain/event_bodies.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/evidence/receipts_recorded.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kInstalled = "1/0101243150 installed";

/// Its first computer takes another key once its receipt stands in the log.
class RekeyedInstall : public KeptPromise {
 protected:
  void SetUp() override {
    KeptPromise::SetUp();
    old_key.emplace(computers[0].key);
    world.rekey(computers[0]);
  }

  Receipt next_receipt() {
    return world.receipt(computers[0], 2, InstallState::downloaded, "1.0", sha256("not the one before"));
  }
  std::string wrong_after(std::string_view type, json::Value body) {
    record(type, std::move(body));
    stamp();
    const auto made = exporter().make({});
    if (!made) return made.error().message;
    return wrong(check(*made));
  }

  std::optional<PrivateKey> old_key;
};

TEST_F(RekeyedInstall, ReceiptsBeforeAndAfterCountEachByItsKey) {
  const Receipt first = world.receipt(computers[0], 1, InstallState::installed, "1.0");
  Receipt later = first;
  later.incarnation = std::string(32, 'b');
  later.state = InstallState::already_installed;
  take(computers[0], later);
  stamp();
  for (const EvidenceScope& scope :
       {EvidenceScope{}, EvidenceScope{.obligation = 1}, EvidenceScope{{}, TaxCode::parse("0101243150").value()}}) {
    const EvidenceReport report = check(bundle(scope));
    EXPECT_EQ(wrong(report), "");
    EXPECT_EQ(verdict(report, std::string(kInstalled)), "MET");
  }
}

TEST_F(RekeyedInstall, AReceiptByTheOldKeyBehindTheRotationDoesNotHold) {
  const TestInstall before{computers[0].id, *old_key};
  EXPECT_THAT(wrong_after(event_type::kReceiptsRecorded,
                          receipts_recorded_body({world.signed_receipt(before, next_receipt())})),
              HasSubstr("had given up before this place"));
}

TEST_F(RekeyedInstall, AReceiptByTheNewKeyBeforeTheRotationDoesNotHold) {
  const PrivateKey early = PrivateKey::generate(KeyType::ed25519).value();
  const Bytes receipt = world.signed_receipt({computers[0].id, early}, next_receipt());
  const Bytes rotation = world.rotation_envelope(computers[0], early);
  record(event_type::kReceiptsRecorded, receipts_recorded_body({receipt}));
  EXPECT_THAT(wrong_after(event_type::kInstallRekeyed, install_rekeyed_body({computers[0].id, rotation})),
              HasSubstr("receipts.recorded"));
}

TEST_F(RekeyedInstall, AKeyThatTheInstallHasNotGivenUpDoesNotHold) {
  const PrivateKey vendors = PrivateKey::generate(KeyType::ed25519).value();
  const KeyRotation said = world.rotation(computers[0], vendors);
  const Bytes forged = sign_rotation(said, Signer::of(vendors), Signer::of(vendors)).value();
  EXPECT_THAT(wrong_after(event_type::kInstallRekeyed, install_rekeyed_body({computers[0].id, forged})),
              HasSubstr("old key's signature"));
}

TEST_F(RekeyedInstall, ARotationThatWasDoneIsNotDoneAgain) {
  const Bytes again = world.rotation_envelope({computers[0].id, *old_key}, computers[0].key);
  EXPECT_THAT(wrong_after(event_type::kInstallRekeyed, install_rekeyed_body({computers[0].id, again})),
              HasSubstr("another key"));
}

TEST_F(RekeyedInstall, TheRotationOfAnotherInstallDoesNotHold) {
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const Bytes rotation = world.rotation_envelope(computers[1], key);
  EXPECT_THAT(wrong_after(event_type::kInstallRekeyed, install_rekeyed_body({computers[0].id, rotation})),
              HasSubstr("another vendor or install"));
}

TEST_F(RekeyedInstall, WithoutTheRotationReceiptsByTheNewKeyDoNotHold) {
  take(computers[0], next_receipt());
  stamp();
  EvidenceFiles files = bundle();
  std::string hidden;
  for (const auto& [name, content] : files) {
    const auto event = name.starts_with("events/r/") && !name.ends_with(".proof")
                           ? parse_event(dsse::parse(BytesView(content).substr(32)).value().payload)
                           : Result<Event>(fail(ErrorCode::malformed, "none"));
    if (event && event->type == event_type::kInstallRekeyed) hidden = name;
  }
  ASSERT_NE(hidden, "");
  files.erase(hidden);
  files.erase(hidden + ".proof");
  EXPECT_THAT(wrong(check(resealed(std::move(files)))), HasSubstr("receipts.recorded"));
}

}  // namespace
}  // namespace kip::server::testing
