#include <set>

#include <gtest/gtest.h>

#include <signing/dsse/envelope.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

class EnrolmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
  }

  Result<Enrolled> enrol(const EnrolmentCode& code, const PrivateKey& with) {
    return world.enrolment.enrol(world.enrolment_envelope(code, with));
  }

  EnrolmentCode site_code(std::int64_t seats, bool approval, std::optional<std::chrono::hours> life = {}) {
    const CodeRequest request{TaxCode::parse("0101243150").value(), world.product, 1, "branch", seats, approval, life};
    return world.enrolment.create_codes("staff:an", request, world.publisher.first_root().value())
        .value()
        .codes.front();
  }

  World world;
  PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  PrivateKey other_key = PrivateKey::generate(KeyType::ecdsa_p256).value();
};

TEST_F(EnrolmentTest, ACodeAdmitsOneInstall) {
  const Enrolled enrolled = enrol(world.code(), key).value();
  EXPECT_TRUE(enrolled.created);
  const InstallRecord install = world.install_record(enrolled.install);
  EXPECT_EQ(install.customer.str(), "0101243150");
  EXPECT_EQ(install.label, "PC-1");
  EXPECT_EQ(install.standing, Standing::active);
}

TEST_F(EnrolmentTest, TheSameKeyAgainIsARetry) {
  const EnrolmentCode code = world.code();
  const Enrolled first = enrol(code, key).value();
  world.clock.advance(std::chrono::hours(24 * 365));
  const Enrolled again = enrol(code, key).value();
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.install, first.install);
}

TEST_F(EnrolmentTest, AnotherKeyHoldsBothAndRaisesAnAlarm) {
  const EnrolmentCode code = world.code();
  const Enrolled first = enrol(code, key).value();
  EXPECT_THAT(enrol(code, other_key), fails_with(ErrorCode::conflict, "both are held"));
  EXPECT_EQ(world.install_record(first.install).standing, Standing::held);
  EXPECT_EQ(world.event_types().back(), "install.alarm");
  const auto events = world.event_types();
  EXPECT_THAT(enrol(code, key), fails_with(ErrorCode::conflict));
  EXPECT_THAT(enrol(code, other_key), fails_with(ErrorCode::conflict));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(EnrolmentTest, ALeakedCodeDoesNotFillTheLog) {
  const EnrolmentCode code = world.code();
  for (int i = 0; i < 12; ++i)
    static_cast<void>(enrol(code, PrivateKey::generate(KeyType::ed25519).value()));
  const auto events = world.event_types();
  EXPECT_EQ(std::count(events.begin(), events.end(), "install.enrolled"), 8);
}

TEST_F(EnrolmentTest, ASitesCodeAdmitsAsManyAsItHasSeats) {
  const EnrolmentCode code = site_code(3, false);
  std::vector<InstallId> installs;
  for (int i = 0; i < 3; ++i)
    installs.push_back(enrol(code, PrivateKey::generate(KeyType::ed25519).value()).value().install);
  EXPECT_EQ(std::set<InstallId>(installs.begin(), installs.end()).size(), 3U);
  EXPECT_THAT(enrol(code, key), fails_with(ErrorCode::conflict, "all seats"));
  for (const InstallId& id : installs)
    EXPECT_EQ(world.install_record(id).standing, Standing::active) << "the others stay";
  EXPECT_EQ(world.event_types().back(), "install.alarm");
  const auto events = world.event_types();
  EXPECT_THAT(enrol(code, key), fails_with(ErrorCode::conflict, "all seats"));
  EXPECT_EQ(world.event_types(), events) << "a retry changes nothing";
  world.clock.advance(std::chrono::hours(24 * 365));
  EXPECT_THAT(enrol(site_code(3, false, std::chrono::hours(1)), key), is_ok());
}

TEST_F(EnrolmentTest, AnExpiredSitesCodeAdmitsNobodyElse) {
  const EnrolmentCode code = site_code(3, false, std::chrono::hours(24));
  const InstallId first = enrol(code, key).value().install;
  world.clock.advance(std::chrono::hours(24));
  EXPECT_THAT(enrol(code, other_key), fails_with(ErrorCode::denied, "expired"));
  EXPECT_EQ(enrol(code, key).value().install, first) << "who is in stays in";
}

TEST_F(EnrolmentTest, SurplusMachinesDoNotFillTheLog) {
  const EnrolmentCode code = site_code(2, false);
  for (int i = 0; i < 15; ++i)
    static_cast<void>(enrol(code, PrivateKey::generate(KeyType::ed25519).value()));
  const auto events = world.event_types();
  EXPECT_EQ(std::count(events.begin(), events.end(), "install.enrolled"), 2 + 7);
}

TEST_F(EnrolmentTest, WhoNeedsAWordWaitsForIt) {
  const EnrolmentCode code = site_code(2, true);
  const Enrolled asked = enrol(code, key).value();
  EXPECT_TRUE(asked.waiting);
  EXPECT_EQ(enrol(code, key).value().install, asked.install) << "asking again";
  {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    EXPECT_FALSE(unit->projection().installs.find(asked.install).value().has_value()) << "it counts nowhere";
  }
  ASSERT_THAT(world.enrolment.approve("staff:binh", asked.install), is_ok());
  const Enrolled again = enrol(code, key).value();
  EXPECT_FALSE(again.waiting);
  EXPECT_EQ(again.install, asked.install);
  EXPECT_EQ(world.install_record(asked.install).standing, Standing::active);
  EXPECT_THAT(world.enrolment.approve("staff:binh", asked.install), fails_with(ErrorCode::conflict, "admitted"));
  EXPECT_THAT(world.enrolment.decline("staff:binh", {asked.install, "x"}), fails_with(ErrorCode::conflict));
}

TEST_F(EnrolmentTest, NoMoreAreLetInThanTheCodeHasSeats) {
  const EnrolmentCode code = site_code(1, true);
  const InstallId first = enrol(code, key)->install;
  const InstallId second = enrol(code, other_key)->install;
  ASSERT_THAT(world.enrolment.approve("staff:an", second), is_ok());
  EXPECT_THAT(world.enrolment.approve("staff:an", first), fails_with(ErrorCode::conflict, "good for 1 computers"));
  EXPECT_THAT(world.enrolment.decline("staff:an", {first, "no seat"}), is_ok());
}

TEST_F(EnrolmentTest, WhoIsDeclinedStaysOut) {
  const EnrolmentCode code = site_code(2, true);
  const InstallId asked = enrol(code, key).value().install;
  ASSERT_THAT(world.enrolment.decline("staff:binh", {asked, "nobody knows it"}), is_ok());
  const auto events = world.event_types();
  EXPECT_THAT(enrol(code, key), fails_with(ErrorCode::denied, "not let in"));
  EXPECT_EQ(world.event_types(), events);
  EXPECT_THAT(world.enrolment.approve("staff:binh", asked), fails_with(ErrorCode::conflict, "declined"));
  EXPECT_THAT(world.enrolment.approve("staff:binh", InstallId::parse("01JD0000000000000000000001").value()),
              fails_with(ErrorCode::not_found, "kip install waiting"));
}

TEST_F(EnrolmentTest, ARetiredInstallIsHeardNoMore) {
  const TestInstall install = world.enrol();
  ASSERT_THAT(world.enrolment.retire("staff:an", {install.id, "sold"}), is_ok());
  EXPECT_EQ(world.install_record(install.id).standing, Standing::retired);
  EXPECT_THAT(
      world.receipts.take(world.caller(install),
                          {world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"))}),
      fails_with(ErrorCode::denied));
  EXPECT_THAT(world.enrolment.retire("staff:an", {install.id, "again"}), fails_with(ErrorCode::conflict));
}

TEST_F(EnrolmentTest, UnknownExpiredAndForeignCodesAreDenied) {
  EnrolmentCode unknown = world.code();
  unknown.secret = std::string(32, '0');
  EXPECT_THAT(enrol(unknown, key), fails_with(ErrorCode::denied));
  EnrolmentCode other_product = world.code();
  other_product.product = ProductId::parse("program").value();
  EXPECT_THAT(enrol(other_product, key), fails_with(ErrorCode::denied));
  EnrolmentCode other_tenant = world.code();
  other_tenant.tenant = TenantId::parse("binh-minh").value();
  EXPECT_THAT(enrol(other_tenant, key), fails_with(ErrorCode::denied));
  const EnrolmentCode late = world.code();
  world.clock.advance(std::chrono::hours(24 * 90));
  EXPECT_THAT(enrol(late, key), fails_with(ErrorCode::denied, "expired"));
}

TEST_F(EnrolmentTest, TheRequestMustBeSignedByTheKeyThatItNames) {
  const EnrolmentCode code = world.code();
  const EnrolmentRequest request{code.tenant, code.product, code.secret, Key::of(key.public_key()).json(), "PC"};
  const auto envelope =
      dsse::sign(std::string(kEnrolmentType), json::to_compact(to_json(request)), Signer::of(other_key)).value();
  EXPECT_THAT(world.enrolment.enrol(dsse::to_bytes(envelope)), fails_with(ErrorCode::signature));
  EXPECT_THAT(world.enrolment.enrol("{}"), fails_with(ErrorCode::malformed));
}

TEST_F(EnrolmentTest, ACodeIsForACustomerWithThatProduct) {
  const CodeRequest request{TaxCode::parse("999").value(), world.product};
  EXPECT_THAT(world.enrolment.create_codes("staff:an", request, sha256("")), fails_with(ErrorCode::not_found, "999"));
}

TEST_F(EnrolmentTest, TheSecretIsNowhereInTheLog) {
  const EnrolmentCode code = world.code();
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  for (const StoredEvent& event : unit->events().after(0, 100).value()) {
    const Bytes payload = dsse::parse(event.envelope).value().payload;
    EXPECT_EQ(payload.find(code.secret), std::string::npos) << payload;
  }
}

}  // namespace
}  // namespace kip::server::testing
