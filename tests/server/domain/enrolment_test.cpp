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
