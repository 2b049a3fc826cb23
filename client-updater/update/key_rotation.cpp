#include <fmt/format.h>

#include <client-updater/update/delivery.hpp>
#include <client-updater/update/kept_rotations.hpp>
#include <client-updater/update/key_rotation.hpp>
#include <client-updater/update/support.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/protocol/key_rotation.hpp>

namespace kip::updater {
namespace {

Unexpected still_waits(std::int64_t count, std::string_view what, const std::optional<Error>& failure) {
  return fail(failure ? failure->code : ErrorCode::conflict,
              fmt::format("{} {} wait that are signed with the present key, and must have arrived before another one "
                          "takes its place; nothing was changed{}{}. kip-updater report and status say how they stand",
                          count, what, failure ? ": " : "", failure ? failure->message : std::string()));
}

/// All that the present key has signed is with the vendor.
Result<void> expect_all_arrived(Install& install) {
  KIP_TRY(const DeliveryResult delivery, deliver(install, Urgency::now));
  if (delivery.kept > 0) return still_waits(delivery.kept, "reports", delivery.failure);
  KIP_TRY(const SupportResult support, send_requests(install));
  if (!support.kept.empty())
    return still_waits(static_cast<std::int64_t>(support.kept.size()), "requests for service", support.failure);
  return {};
}

/// What this install has signed meanwhile goes first. Refused it is no reason to stop: where the server has recorded
/// the new key already, it takes nothing by the present one, and what waits is signed anew.
Result<void> send_what_waits(Install& install) {
  KIP_TRY(const DeliveryResult delivery, deliver(install, Urgency::now));
  if (delivery.kept == 0 || !delivery.failure || delivery.failure->code == ErrorCode::denied) return {};
  return Unexpected(*delivery.failure);
}

/// From the durable new key on. Repeatable at any point: until the rename both keys are there, and the server answers
/// the same rotation again.
Result<KeyChange> exchange(Install& install, bool resumed) {
  const Ports& ports = install.ports();
  const Layout& layout = install.layout();
  KIP_TRY(PrivateKey key, read_key_file(ports.files, layout.next_install_key(), SecretBytes()));
  Signer next = Signer::of(std::move(key));
  const Signer& present = install.signer();
  const Enrolment& enrolment = install.enrolment();
  const KeyRotation said{enrolment.tenant, enrolment.install, present.key_id, Key::of(next.key.public_key()).json(),
                         ports.clock.now()};
  KIP_TRY(const Bytes envelope, sign_rotation(said, present, next));
  KIP_TRY_VOID(post_rotation(install, envelope));
  KIP_TRY_VOID(keep_rotation(ports.files, layout, envelope));
  KIP_TRY_VOID(ports.files.rename(layout.next_install_key(), layout.install_key()));
  KIP_TRY_VOID(ports.files.sync_directory(layout.state()));
  KeyChange out{present.key_id, next.key_id, resumed};
  install.take_signer(std::move(next));
  return out;
}

}  // namespace

Result<KeyChange> rotate_key(Install& install) {
  KIP_TRY(auto finished, finish_key_rotation(install));
  if (finished) return *std::move(finished);
  KIP_TRY_VOID(expect_all_arrived(install));
  KIP_TRY(const PrivateKey key, PrivateKey::generate(KeyType::ed25519));
  KIP_TRY_VOID(write_key_file(install.ports().files, install.layout().next_install_key(), key, SecretBytes()));
  return exchange(install, false);
}

Result<std::optional<KeyChange>> finish_key_rotation(Install& install) {
  KIP_TRY(const bool begun, path_exists(install.ports().files, install.layout().next_install_key()));
  if (!begun) return std::optional<KeyChange>();
  KIP_TRY_VOID(send_what_waits(install));
  KIP_TRY(KeyChange change, exchange(install, true));
  return std::optional(std::move(change));
}

}  // namespace kip::updater
