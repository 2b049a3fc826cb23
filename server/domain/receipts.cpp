#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <server/domain/receipt_chain.hpp>
#include <server/domain/receipts.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip::server {
namespace {

/// The receipts of a request, all of which hold.
struct Batch {
  const std::vector<Bytes>& envelopes;
  std::vector<ReceivedReceipt> received = {};

  ReceivedReceipts all() const {
    ReceivedReceipts out;
    for (const ReceivedReceipt& one : received)
      out.push_back(&one);
    return out;
  }
};

/// One that is recorded already may be signed with a key that the install has given up since.
Result<void> check_signature(const ReceivedReceipt& received, const InstallRecord& install, Projection& known) {
  if (!install.key.usable()) return fail(ErrorCode::internal, "the install's key cannot be used");
  const auto verified = dsse::verify(received.envelope, kReceiptType, {*install.key.usable()});
  if (verified) return {};
  const Receipt& receipt = received.receipt;
  if (receipt.install != install.id) return Unexpected(verified.error());
  KIP_TRY(const auto present,
          known.receipts.find({install.id, receipt.incarnation, receipt.sequence, received.digest}));
  return present ? Result<void>() : Unexpected(verified.error());
}

Result<ReceivedReceipt> verify(const Bytes& bytes, const InstallRecord& install, Projection& known,
                               const TenantId& tenant) {
  KIP_TRY(ReceivedReceipt received, read_receipt(bytes));
  KIP_TRY_VOID(check_signature(received, install, known));
  const Receipt& own = received.receipt;
  if (own.tenant != tenant || own.install != install.id || own.product != install.product) {
    return fail(ErrorCode::denied, "it is of another vendor, install or product");
  }
  return received;
}

Result<void> check_size(const std::vector<Bytes>& envelopes) {
  if (envelopes.size() > Receipts::kMaxBatch) {
    return fail(ErrorCode::too_large,
                fmt::format("{} receipts at once, allowed are {}", envelopes.size(), Receipts::kMaxBatch));
  }
  std::size_t octets = 0;
  for (const Bytes& envelope : envelopes)
    octets += envelope.size();
  if (octets <= kMaxRecordedOctets) return {};
  return fail(ErrorCode::too_large,
              fmt::format("receipts of {} octets at once, allowed are {}; send fewer", octets, kMaxRecordedOctets));
}

Result<InstallRecord> load_install(UnitOfWork& unit, const InstallId& id) {
  KIP_TRY(auto install, unit.projection().installs.find(id));
  if (!install) return fail(ErrorCode::denied, "this install is not known here; enrol it");
  if (install->standing == Standing::retired) return fail(ErrorCode::denied, std::string(retired_words(*install)));
  return *std::move(install);
}

/// What was found while a batch was taken in.
struct Findings {
  InstallRecord install;
  std::vector<AcknowledgedReceipt> places = {};
  std::optional<AlarmReason> alarm = {};
  std::optional<AcknowledgedReceipt> fork = {};
  std::optional<std::int64_t> missing_from = {};
};

/// What of a batch was not there before.
struct Fresh {
  ReceivedReceipts received = {};
  std::vector<BytesView> envelopes = {};
};

/// Where the receipt before this one is not here: from which on none is.
Result<std::optional<std::int64_t>> missing_before(const ReceiptChain& chain, ReceiptTable& receipts,
                                                   const Receipt& receipt) {
  if (receipt.sequence == 1 || chain.has(receipt.incarnation, receipt.sequence - 1))
    return std::optional<std::int64_t>();
  std::int64_t last = 0;
  KIP_TRY(const auto all, receipts.of(receipt.install));
  for (const ReceiptRecord& other : all) {
    const bool is_before = other.key.incarnation == receipt.incarnation && other.key.sequence < receipt.sequence;
    if (is_before) last = std::max(last, other.key.sequence);
  }
  return std::optional(last + 1);
}

/// Finds each receipt's place; those that have none yet are to be recorded. Ends where one contradicts another and is
/// not to be recorded for that: the other one is then the fork.
Result<Fresh> sort_out(const Batch& batch, ReceiptChain& chain, Projection& known, OnFork on_fork, Findings& findings) {
  Fresh out;
  Incarnations incarnations(findings.install, known.receipts);
  std::set<Sha256Digest> named;
  for (std::size_t i = 0; i < batch.received.size(); ++i) {
    const ReceivedReceipt& received = batch.received[i];
    const Receipt& receipt = received.receipt;
    if (!named.insert(received.digest).second) continue;
    const auto around = chain.around(received);
    if (around.same) {
      findings.places.push_back(*around.same);
      continue;
    }
    if (around.contradicted && on_fork == OnFork::stop) {
      findings.fork = *around.contradicted;
      return out;
    }
    KIP_TRY(const bool earlier, incarnations.is_earlier(receipt));
    if (around.contradicted) findings.alarm = AlarmReason::receipts_contradict;
    if (earlier && !findings.alarm) findings.alarm = AlarmReason::incarnations_alternate;
    findings.places.push_back(
        {receipt.incarnation, receipt.sequence, received.digest, ReceiptChain::kThisEvent, Instant()});
    out.received.push_back(&received);
    out.envelopes.push_back(batch.envelopes[i]);
    incarnations.add(receipt, around.has_number);
    chain.add(received);
  }
  return out;
}

/// Gives what this event holds its place.
void settle(AcknowledgedReceipt& place, const Recorded& recorded) {
  if (place.event_index != ReceiptChain::kThisEvent) return;
  place.event_index = recorded.index;
  place.recorded_time = recorded.time;
}

/// What a batch is, for an install that was let in.
Result<void> place_all(UnitOfWork& unit, const Recorder& recorder, const Batch& batch, const Actor& actor,
                       OnFork on_fork, Findings& findings) {
  if (batch.received.empty()) return {};
  Projection& known = unit.projection();
  KIP_TRY(ReceiptChain chain, ReceiptChain::read(known.receipts, batch.all()));
  KIP_TRY(findings.missing_from, missing_before(chain, known.receipts, batch.received.front().receipt));
  KIP_TRY(const Fresh fresh, sort_out(batch, chain, known, on_fork, findings));
  if (!fresh.received.empty()) {
    KIP_TRY(const Recorded recorded, recorder.record(unit, event_type::kReceiptsRecorded, actor,
                                                     receipts_recorded_body(fresh.envelopes), &fresh.received));
    for (AcknowledgedReceipt& place : findings.places)
      settle(place, recorded);
    if (findings.fork) settle(*findings.fork, recorded);
  }
  if (!findings.alarm || findings.install.disputed) return {};
  KIP_TRY_VOID(recorder.record(unit, event_type::kInstallAlarm, kServerActor,
                               install_alarm_body({*findings.alarm, {findings.install.id}})));
  return {};
}

/// Only for what is durable. `basis` is the newest time stamp in O.
Result<TakenReceipts> answer_for(const Recorder& recorder, Findings findings,
                                 const std::optional<Sha256Digest>& basis) {
  TakenReceipts out{{}, findings.install.standing, findings.install.disputed || findings.alarm};
  out.missing_from = findings.missing_from;
  const auto say = [&](std::vector<AcknowledgedReceipt> receipts) {
    return recorder.acknowledge({recorder.tenant(), findings.install.id, std::move(receipts), basis});
  };
  if (!findings.places.empty()) {
    KIP_TRY(out.acknowledgement, say(std::move(findings.places)));
  }
  if (findings.fork) {
    KIP_TRY(out.fork, say({*findings.fork}));
  }
  return out;
}

Result<void> verify_all(Batch& batch, const InstallRecord& install, Projection& known, const TenantId& tenant) {
  const auto& envelopes = batch.envelopes;
  batch.received.reserve(envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    auto verified = verify(envelopes[i], install, known, tenant);
    if (!verified) return fail_while(fmt::format("receipt {} of {}", i + 1, envelopes.size()), verified.error());
    batch.received.push_back(*std::move(verified));
  }
  return {};
}

/// The install, if all of it holds by the key that it has now.
Result<InstallRecord> check_again(const Batch& batch, InstallRecord install, Projection& known) {
  for (const ReceivedReceipt& one : batch.received)
    KIP_TRY_VOID(check_signature(one, install, known));
  return install;
}

/// The install that may report, its nonce used up.
Result<InstallRecord> admit(UnitOfWork& unit, const InstallId& id, const InstallCaller* caller, Instant now) {
  KIP_TRY(InstallRecord install, load_install(unit, id));
  if (caller == nullptr) return install;
  KIP_TRY(const bool fresh, unit.use_nonce(caller->nonce, now, caller->nonce_expires));
  if (!fresh) return fail(ErrorCode::denied, "this request was received before; sign a new one");
  return install;
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
  KIP_TRY_VOID(check_size(envelopes));
  Batch batch{envelopes};
  std::optional<Key> verified_by;
  std::optional<Sha256Digest> basis;
  {
    KIP_TRY(const auto reading, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const InstallRecord install, load_install(*reading, bringer.install));
    KIP_TRY(basis, newest_token_.identity(*reading));
    // Signatures are the dearest part and need no lock.
    KIP_TRY_VOID(verify_all(batch, install, reading->projection(), recorder_.tenant()));
    verified_by = install.key;
  }
  std::optional<Error> refusal;
  std::optional<Findings> findings;
  const auto task = [&](UnitOfWork& unit) -> Result<void> {
    refusal.reset();
    findings.reset();
    auto install = admit(unit, bringer.install, bringer.caller, recorder_.now());
    // Nothing by a key that was given up meanwhile may come to stand behind that.
    if (install && install->key != *verified_by) install = check_again(batch, *std::move(install), unit.projection());
    if (!install && install.error().code != ErrorCode::denied) return Unexpected(install.error());
    if (!install) {
      refusal = install.error();
      return {};
    }
    findings.emplace(Findings{*std::move(install)});
    return place_all(unit, recorder_, batch, bringer.actor, bringer.on_fork, *findings);
  };
  KIP_TRY_VOID(group_.write(task, envelopes.size()));
  if (refusal) return Unexpected(*refusal);
  acknowledged_ += static_cast<std::int64_t>(findings->places.size());
  return answer_for(recorder_, *std::move(findings), basis);
}

}  // namespace kip::server
