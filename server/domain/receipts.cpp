#include <algorithm>

#include <fmt/format.h>

#include <server/domain/event_bodies.hpp>
#include <server/domain/receipts.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {
namespace {

struct VerifiedReceipt {
  Receipt receipt;
  Sha256Digest digest;
  const Bytes& envelope;
};

Result<VerifiedReceipt> verify(const Bytes& bytes, const InstallRecord& install, const TenantId& tenant) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  if (!install.key.usable()) return fail(ErrorCode::internal, "the install's key cannot be used");
  KIP_TRY(const Bytes payload, dsse::verify(envelope, kReceiptType, {*install.key.usable()}));
  KIP_TRY(Receipt receipt, parse_receipt(payload));
  if (receipt.tenant != tenant || receipt.install != install.id || receipt.product != install.product) {
    return fail(ErrorCode::denied, "it is of another vendor, install or product");
  }
  return VerifiedReceipt{std::move(receipt), sha256(bytes), bytes};
}

Result<InstallRecord> load_install(UnitOfWork& unit, const InstallId& id) {
  KIP_TRY(auto install, unit.projection().installs.find(id));
  if (!install) return fail(ErrorCode::denied, "this install is not known here; enrol it");
  if (install->standing == Standing::retired) return fail(ErrorCode::denied, "this install was retired");
  return *std::move(install);
}

/// Whether the receipt cannot stand beside those that are there: one number twice, or a link that does not fit.
Result<bool> contradicts(ReceiptTable& receipts, const Receipt& receipt, const Sha256Digest& digest) {
  KIP_TRY(const auto same, receipts.at(receipt.install, receipt.incarnation, receipt.sequence));
  if (!same.empty()) return true;
  KIP_TRY(const auto before, receipts.at(receipt.install, receipt.incarnation, receipt.sequence - 1));
  if (!before.empty() && std::none_of(before.begin(), before.end(), [&](const ReceiptRecord& other) {
        return other.key.digest == receipt.previous;
      })) {
    return true;
  }
  KIP_TRY(const auto next, receipts.at(receipt.install, receipt.incarnation, receipt.sequence + 1));
  return !next.empty() &&
         std::none_of(next.begin(), next.end(), [&](const ReceiptRecord& other) { return other.previous == digest; });
}

/// Where the receipt stands in the log; recorded now if it was not there.
Result<Recorded> place(UnitOfWork& unit, const Recorder& recorder, const VerifiedReceipt& verified,
                       const std::string& actor, bool& alarm) {
  ReceiptTable& receipts = unit.projection().receipts;
  const Receipt& receipt = verified.receipt;
  KIP_TRY(const auto present, receipts.find({receipt.install, receipt.incarnation, receipt.sequence, verified.digest}));
  if (present) return Recorded{present->event_index, present->recorded};
  KIP_TRY(const bool contradiction, contradicts(receipts, receipt, verified.digest));
  alarm = alarm || contradiction;
  return recorder.record(unit, event_type::kReceiptRecorded, actor, receipt_recorded_body(verified.envelope));
}

Result<std::vector<VerifiedReceipt>> verify_all(const std::vector<Bytes>& envelopes, const InstallRecord& install,
                                                const TenantId& tenant) {
  std::vector<VerifiedReceipt> out;
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    auto verified = verify(envelopes[i], install, tenant);
    if (!verified) return fail_while(fmt::format("receipt {} of {}", i + 1, envelopes.size()), verified.error());
    out.push_back(*std::move(verified));
  }
  return out;
}

}  // namespace

Result<TakenReceipts> Receipts::take(const InstallCaller& caller, const std::vector<Bytes>& envelopes) {
  return take_from({caller.id, "install:" + caller.id.str(), &caller}, envelopes);
}

Result<TakenReceipts> Receipts::import(const std::string& actor, const InstallId& install,
                                       const std::vector<Bytes>& envelopes) {
  return take_from({install, actor}, envelopes);
}

Result<TakenReceipts> Receipts::take_from(const Bringer& bringer, const std::vector<Bytes>& envelopes) {
  if (envelopes.size() > kMaxBatch) {
    return fail(ErrorCode::too_large, fmt::format("{} receipts at once, allowed are {}", envelopes.size(), kMaxBatch));
  }
  std::vector<VerifiedReceipt> verified;
  {
    KIP_TRY(const auto reading, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const InstallRecord install, load_install(*reading, bringer.install));
    // Signatures are the dearest part and need no lock.
    KIP_TRY(verified, verify_all(envelopes, install, recorder_.tenant()));
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const InstallRecord install, load_install(*unit, bringer.install));
  if (bringer.caller != nullptr) {
    KIP_TRY(const bool fresh, unit->use_nonce(bringer.caller->nonce, recorder_.now(), bringer.caller->nonce_expires));
    if (!fresh) return fail(ErrorCode::denied, "this request was received before; sign a new one");
  }
  std::vector<Recorded> places;
  bool alarm = false;
  for (const VerifiedReceipt& receipt : verified) {
    KIP_TRY(const Recorded at, place(*unit, recorder_, receipt, bringer.actor, alarm));
    places.push_back(at);
  }
  if (alarm && !install.disputed) {
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallAlarm, kServerActor,
                                  install_alarm_body({AlarmReason::receipts_contradict, {bringer.install}})));
  }
  KIP_TRY_VOID(unit->commit());
  TakenReceipts out{{}, install.standing};
  for (std::size_t i = 0; i < verified.size(); ++i) {
    const Receipt& receipt = verified[i].receipt;
    KIP_TRY(Bytes acknowledgement,
            recorder_.acknowledge({receipt.tenant, receipt.install, receipt.incarnation, receipt.sequence,
                                   verified[i].digest, places[i].index, places[i].time}));
    out.acknowledgements.push_back(std::move(acknowledgement));
  }
  return out;
}

}  // namespace kip::server
