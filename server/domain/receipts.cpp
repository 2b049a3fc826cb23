#include <algorithm>

#include <fmt/format.h>

#include <server/domain/receipts.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip::server {
namespace {

struct VerifiedReceipt {
  Receipt receipt;
  Sha256Digest digest;
  const Bytes& envelope;
};

/// One that is recorded already may be signed with a key that the install has given up since.
Result<VerifiedReceipt> verify(const Bytes& bytes, const InstallRecord& install, Projection& from,
                               const TenantId& tenant) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  if (!install.key.usable()) return fail(ErrorCode::internal, "the install's key cannot be used");
  const auto verified = dsse::verify(envelope, kReceiptType, {*install.key.usable()});
  auto receipt = parse_receipt(envelope.payload);
  const Sha256Digest digest = sha256(bytes);
  if (!verified) {
    if (!receipt || receipt->install != install.id) return Unexpected(verified.error());
    KIP_TRY(const auto present, from.receipts.find({install.id, receipt->incarnation, receipt->sequence, digest}));
    if (!present) return Unexpected(verified.error());
  }
  if (!receipt) return Unexpected(std::move(receipt).error());
  if (receipt->tenant != tenant || receipt->install != install.id || receipt->product != install.product) {
    return fail(ErrorCode::denied, "it is of another vendor, install or product");
  }
  return VerifiedReceipt{*std::move(receipt), digest, bytes};
}

Result<InstallRecord> load_install(UnitOfWork& unit, const InstallId& id) {
  KIP_TRY(auto install, unit.projection().installs.find(id));
  if (!install) return fail(ErrorCode::denied, "this install is not known here; enrol it");
  if (install->standing == Standing::retired) {
    return fail(ErrorCode::denied,
                "this install was retired: another one has taken its place. To use this computer, enrol it in another "
                "folder with a code of its own");
  }
  return *std::move(install);
}

/// One that is there and that the receipt cannot stand beside: it has the same number, or a link does not fit.
Result<std::optional<ReceiptRecord>> contradicted(ReceiptTable& receipts, const Receipt& receipt,
                                                  const Sha256Digest& digest) {
  KIP_TRY(const auto same, receipts.at(receipt.install, receipt.incarnation, receipt.sequence));
  if (!same.empty()) return std::optional(same.front());
  KIP_TRY(const auto before, receipts.at(receipt.install, receipt.incarnation, receipt.sequence - 1));
  if (!before.empty() && std::none_of(before.begin(), before.end(), [&](const ReceiptRecord& other) {
        return other.key.digest == receipt.previous;
      })) {
    return std::optional(before.front());
  }
  KIP_TRY(const auto next, receipts.at(receipt.install, receipt.incarnation, receipt.sequence + 1));
  const bool fits = next.empty() || std::any_of(next.begin(), next.end(),
                                                [&](const ReceiptRecord& other) { return other.previous == digest; });
  return fits ? std::nullopt : std::optional(next.front());
}

/// Whether the receipt continues an incarnation after a later one began. One copy of an install never does that.
Result<bool> is_of_earlier_incarnation(Projection& projection, const Receipt& receipt) {
  KIP_TRY(const auto install, projection.installs.find(receipt.install));
  if (!install || install->incarnation.empty() || install->incarnation == receipt.incarnation) return false;
  KIP_TRY(const auto all, projection.receipts.of(receipt.install));
  return std::any_of(all.begin(), all.end(),
                     [&](const ReceiptRecord& other) { return other.key.incarnation == receipt.incarnation; });
}

/// On whose behalf a batch is taken in, and how.
struct Taking {
  const Actor& actor;
  OnFork on_fork;
};

/// What was found while a batch was taken in.
struct Findings {
  std::optional<AlarmReason> alarm = {};
  std::optional<ReceiptRecord> fork = {};
  std::optional<Sha256Digest> basis = {};  ///< the newest time stamp in O
  std::optional<std::int64_t> missing_from = {};
};

/// Where the receipt stands in the log; recorded now if it was not there. Nothing where it is not to be recorded, since
/// it contradicts another: that one is then the fork.
Result<std::optional<Recorded>> place(UnitOfWork& unit, const Recorder& recorder, const VerifiedReceipt& verified,
                                      const Taking& taking, Findings& findings) {
  ReceiptTable& receipts = unit.projection().receipts;
  const Receipt& receipt = verified.receipt;
  KIP_TRY(const auto present, receipts.find({receipt.install, receipt.incarnation, receipt.sequence, verified.digest}));
  if (present) return std::optional(Recorded{present->event_index, present->recorded});
  KIP_TRY(auto other, contradicted(receipts, receipt, verified.digest));
  if (other && taking.on_fork == OnFork::stop) {
    findings.fork = std::move(other);
    return std::optional<Recorded>();
  }
  KIP_TRY(const bool earlier, is_of_earlier_incarnation(unit.projection(), receipt));
  if (other) findings.alarm = AlarmReason::receipts_contradict;
  if (earlier && !findings.alarm) findings.alarm = AlarmReason::incarnations_alternate;
  KIP_TRY(const Recorded recorded,
          recorder.record(unit, event_type::kReceiptRecorded, taking.actor, receipt_recorded_body(verified.envelope)));
  return std::optional(recorded);
}

/// Where the receipt before this one is not here: from which on none is.
Result<std::optional<std::int64_t>> missing_before(ReceiptTable& receipts, const Receipt& receipt) {
  if (receipt.sequence == 1) return std::optional<std::int64_t>();
  KIP_TRY(const auto before, receipts.at(receipt.install, receipt.incarnation, receipt.sequence - 1));
  if (!before.empty()) return std::optional<std::int64_t>();
  std::int64_t last = 0;
  KIP_TRY(const auto all, receipts.of(receipt.install));
  for (const ReceiptRecord& other : all) {
    const bool is_before = other.key.incarnation == receipt.incarnation && other.key.sequence < receipt.sequence;
    if (is_before) last = std::max(last, other.key.sequence);
  }
  return std::optional(last + 1);
}

/// Only for what is durable.
Result<TakenReceipts> answer_for(const Recorder& recorder, const InstallRecord& install,
                                 const std::vector<VerifiedReceipt>& verified, const std::vector<Recorded>& places,
                                 const Findings& findings) {
  TakenReceipts out{{}, install.standing, install.disputed || findings.alarm};
  out.missing_from = findings.missing_from;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Receipt& receipt = verified[i].receipt;
    KIP_TRY(Bytes acknowledgement,
            recorder.acknowledge({receipt.tenant, receipt.install, receipt.incarnation, receipt.sequence,
                                  verified[i].digest, places[i].index, places[i].time, findings.basis}));
    out.acknowledgements.push_back(std::move(acknowledgement));
  }
  if (findings.fork) {
    const ReceiptKey& key = findings.fork->key;
    KIP_TRY(out.fork, recorder.acknowledge({recorder.tenant(), key.install, key.incarnation, key.sequence, key.digest,
                                            findings.fork->event_index, findings.fork->recorded, findings.basis}));
  }
  return out;
}

Result<std::vector<VerifiedReceipt>> verify_all(const std::vector<Bytes>& envelopes, const InstallRecord& install,
                                                Projection& from, const TenantId& tenant) {
  std::vector<VerifiedReceipt> out;
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    auto verified = verify(envelopes[i], install, from, tenant);
    if (!verified) return fail_while(fmt::format("receipt {} of {}", i + 1, envelopes.size()), verified.error());
    out.push_back(*std::move(verified));
  }
  return out;
}

}  // namespace

Result<TakenReceipts> Receipts::take(const InstallCaller& caller, const std::vector<Bytes>& envelopes, OnFork on_fork) {
  return take_from({caller.id, "install:" + caller.id.str(), &caller, on_fork}, envelopes);
}

Result<TakenReceipts> Receipts::import(const Actor& actor, const InstallId& install,
                                       const std::vector<Bytes>& envelopes) {
  return take_from({install, actor}, envelopes);
}

Result<TakenReceipts> Receipts::take_from(const Bringer& bringer, const std::vector<Bytes>& envelopes) {
  if (envelopes.size() > kMaxBatch) {
    return fail(ErrorCode::too_large, fmt::format("{} receipts at once, allowed are {}", envelopes.size(), kMaxBatch));
  }
  std::vector<VerifiedReceipt> verified;
  std::optional<Key> verified_by;
  {
    KIP_TRY(const auto reading, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const InstallRecord install, load_install(*reading, bringer.install));
    // Signatures are the dearest part and need no lock.
    KIP_TRY(verified, verify_all(envelopes, install, reading->projection(), recorder_.tenant()));
    verified_by = install.key;
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const InstallRecord install, load_install(*unit, bringer.install));
  // Nothing by a key that was given up meanwhile may come to stand behind that.
  if (install.key != *verified_by) {
    KIP_TRY(verified, verify_all(envelopes, install, unit->projection(), recorder_.tenant()));
  }
  if (bringer.caller != nullptr) {
    KIP_TRY(const bool fresh, unit->use_nonce(bringer.caller->nonce, recorder_.now(), bringer.caller->nonce_expires));
    if (!fresh) return fail(ErrorCode::denied, "this request was received before; sign a new one");
  }
  std::vector<Recorded> places;
  Findings findings;
  KIP_TRY(findings.basis, newest_token_.identity(*unit));
  if (!verified.empty()) {
    KIP_TRY(findings.missing_from, missing_before(unit->projection().receipts, verified.front().receipt));
  }
  for (const VerifiedReceipt& receipt : verified) {
    KIP_TRY(const auto at, place(*unit, recorder_, receipt, {bringer.actor, bringer.on_fork}, findings));
    if (!at) break;
    places.push_back(*at);
  }
  if (findings.alarm && !install.disputed) {
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallAlarm, kServerActor,
                                  install_alarm_body({*findings.alarm, {bringer.install}})));
  }
  KIP_TRY_VOID(unit->commit());
  acknowledged_ += static_cast<std::int64_t>(places.size());
  return answer_for(recorder_, install, verified, places, findings);
}

}  // namespace kip::server
