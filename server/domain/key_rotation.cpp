#include <algorithm>

#include <server/domain/key_rotation.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/protocol/key_rotation.hpp>

namespace kip::server {
namespace {

/// The same whether there is no such install or it has another key: nobody is told which ids there are.
Unexpected not_its_key() {
  return fail(ErrorCode::denied,
              "no install here has the key that is to be given up. If this computer was restored from an older image, "
              "ask the vendor for a code that replaces the install");
}

Result<void> expect_in_order(const InstallRecord& install) {
  if (install.standing == Standing::retired) return fail(ErrorCode::denied, std::string(retired_words(install)));
  if (install.counts()) return {};
  return fail(ErrorCode::denied,
              "this install is held or disputed: more than one computer may have its key, and the vendor has to decide "
              "first which one goes on. Call them");
}

/// No key is that of two installs, and of no computer that may still become one.
Result<void> expect_of_nobody(Projection& from, const PublicKey& key) {
  KIP_TRY(const auto bearers, from.installs.bearing(key));
  KIP_TRY(const auto waiting, from.waiting.all());
  const bool waits = std::any_of(waiting.begin(), waiting.end(), [&](const WaitingInstall& one) {
    return one.state == WaitingState::waiting && one.key.usable() == key;
  });
  if (bearers.empty() && !waits) return {};
  return fail(ErrorCode::conflict, "another install has the new key already; make a new one");
}

/// Whether the key is the install's already; else it may become that.
Result<bool> is_done(Projection& from, const SignedRotation& rotation) {
  KIP_TRY(const auto install, from.installs.find(rotation.said.install));
  if (!install) return not_its_key();
  if (install->key.usable() == rotation.new_key.usable()) return true;
  if (install->key.id() != rotation.said.old_key) return not_its_key();
  KIP_TRY_VOID(verify_given_up(rotation, install->key));
  KIP_TRY_VOID(expect_in_order(*install));
  KIP_TRY_VOID(expect_of_nobody(from, *rotation.new_key.usable()));
  return false;
}

}  // namespace

Result<RotatedKey> rotate_key(Store& store, const Recorder& recorder, BytesView envelope) {
  KIP_TRY(const SignedRotation rotation, read_rotation(envelope));
  const InstallId& install = rotation.said.install;
  if (rotation.said.tenant != recorder.tenant()) return not_its_key();
  bool done = false;
  {
    // Anybody may ask: what is refused must not cost a turn as the writer.
    KIP_TRY(const auto reading, store.begin(recorder.tenant(), Access::read));
    KIP_TRY(done, is_done(reading->projection(), rotation));
  }
  bool created = false;
  if (!done) {
    KIP_TRY(const auto unit, store.begin(recorder.tenant(), Access::write));
    KIP_TRY(done, is_done(unit->projection(), rotation));
    if (!done) {
      KIP_TRY_VOID(recorder.record(*unit, event_type::kInstallRekeyed, "install:" + install.str(),
                                   install_rekeyed_body({install, Bytes(envelope)})));
      KIP_TRY_VOID(unit->commit());
      created = true;
    }
  }
  KIP_TRY(Bytes answer,
          recorder.sign(kKeyRotationAnswerType,
                        to_json(KeyRotationAnswer{recorder.tenant(), install, rotation.new_key.id(), recorder.now()})));
  return RotatedKey{std::move(answer), created};
}

}  // namespace kip::server
