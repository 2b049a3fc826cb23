#pragma once

#include "../world.hpp"

namespace kip::server::testing {

/// A history in which every type of event occurs: a release, an install with receipts that contradict each other, a
/// code used twice, an install that takes the place of another, a second release.
inline void live_through_everything(World& world) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  const Bytes twin = world.signed_receipt(install, world.receipt(install, 1, InstallState::failed, "1.0"));
  const Bytes third = world.signed_receipt(install, world.receipt(install, 3, InstallState::installed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(install), {first, third}), is_ok());
  ASSERT_THAT(world.receipts.take(world.caller(install), {twin}), is_ok());
  const EnrolmentCode code = world.code();
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(
        world.enrolment.enrol(world.enrolment_envelope(code, PrivateKey::generate(KeyType::ed25519).value())));
  }
  const auto replacement =
      world.enrolment.create_replacement("staff:an", install.id, world.publisher.first_root().value());
  ASSERT_THAT(world.enrolment.enrol(
                  world.enrolment_envelope(replacement->code, PrivateKey::generate(KeyType::ed25519).value())),
              is_ok());
  world.clock.advance(std::chrono::hours(5));
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
}

}  // namespace kip::server::testing
