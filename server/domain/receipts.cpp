#include <algorithm>

#include <fmt/format.h>

#include <server/domain/receipt_projection.hpp>
#include <server/domain/receipts.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip::server {
namespace {

/// A receipt that holds, and the event that it becomes.
struct VerifiedReceipt {
  ReceivedReceipt received;
  dsse::Envelope envelope;
  SignedEvent event;
};

/// Who reports, who stands in history for it, and what is known already.
struct Source {
  const InstallRecord& install;
  const Actor& actor;
  Projection& known;
};

/// One that is recorded already may be signed with a key that the install has given up since.
Result<void> check_signature(const dsse::Envelope& envelope, const ReceivedReceipt& received,
                             const InstallRecord& install, Projection& known) {
  if (!install.key.usable()) return fail(ErrorCode::internal, "the install's key cannot be used");
  const auto verified = dsse::verify(envelope, kReceiptType, {*install.key.usable()});
  if (verified) return {};
  const Receipt& receipt = received.receipt;
  if (receipt.install != install.id) return Unexpected(verified.error());
  KIP_TRY(const auto present,
          known.receipts.find({install.id, receipt.incarnation, receipt.sequence, received.digest}));
  return present ? Result<void>() : Unexpected(verified.error());
}

Result<VerifiedReceipt> verify(const Bytes& bytes, const Source& source, const Recorder& recorder) {
  const InstallRecord& install = source.install;
  KIP_TRY(dsse::Envelope envelope, dsse::parse(bytes));
  KIP_TRY(Receipt receipt, parse_receipt(envelope.payload));
  ReceivedReceipt received{std::move(receipt), sha256(bytes)};
  KIP_TRY_VOID(check_signature(envelope, received, install, source.known));
  const Receipt& own = received.receipt;
  if (own.tenant != recorder.tenant() || own.install != install.id || own.product != install.product) {
    return fail(ErrorCode::denied, "it is of another vendor, install or product");
  }
  KIP_TRY(SignedEvent event,
          recorder.prepare(event_type::kReceiptRecorded, source.actor, receipt_recorded_body(bytes)));
  return VerifiedReceipt{std::move(received), std::move(envelope), std::move(event)};
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

/// What is there beside a receipt, under its number and those before and after it.
struct Neighbours {
  std::optional<ReceiptRecord> same = {};  ///< it is there itself
  /// One that it cannot stand beside: it has the same number, or a link does not fit.
  std::optional<ReceiptRecord> contradicted = {};
};

Result<Neighbours> look_around(ReceiptTable& receipts, const ReceivedReceipt& received) {
  const Receipt& receipt = received.receipt;
  KIP_TRY(const auto around, receipts.around(receipt.install, receipt.incarnation, receipt.sequence));
  Neighbours out;
  const auto first = [&](std::int64_t sequence) {
    return std::find_if(around.begin(), around.end(),
                        [&](const ReceiptRecord& other) { return other.key.sequence == sequence; });
  };
  const auto any = [&](std::int64_t sequence, auto&& fits) {
    return std::any_of(around.begin(), around.end(),
                       [&](const ReceiptRecord& other) { return other.key.sequence == sequence && fits(other); });
  };
  const auto same = first(receipt.sequence);
  const auto before = first(receipt.sequence - 1);
  const auto next = first(receipt.sequence + 1);
  for (const ReceiptRecord& other : around) {
    if (other.key.sequence == receipt.sequence && other.key.digest == received.digest) out.same = other;
  }
  if (same != around.end()) {
    out.contradicted = *same;
  } else if (before != around.end() &&
             !any(receipt.sequence - 1, [&](const auto& other) { return other.key.digest == receipt.previous; })) {
    out.contradicted = *before;
  } else if (next != around.end() &&
             !any(receipt.sequence + 1, [&](const auto& other) { return other.previous == received.digest; })) {
    out.contradicted = *next;
  }
  return out;
}

/// Whether the receipt continues an incarnation after a later one began. One copy of an install never does that.
Result<bool> is_of_earlier_incarnation(Projection& projection, const Receipt& receipt) {
  KIP_TRY(const auto install, projection.installs.find(receipt.install));
  if (!install || install->incarnation.empty() || install->incarnation == receipt.incarnation) return false;
  KIP_TRY(const auto all, projection.receipts.of(receipt.install));
  return std::any_of(all.begin(), all.end(),
                     [&](const ReceiptRecord& other) { return other.key.incarnation == receipt.incarnation; });
}

/// What was found while a batch was taken in.
struct Findings {
  InstallRecord install;
  std::vector<Recorded> places = {};
  std::optional<AlarmReason> alarm = {};
  std::optional<ReceiptRecord> fork = {};
  std::optional<std::int64_t> missing_from = {};
};

/// Where the receipt stands in the log; recorded now if it was not there. Nothing where it is not to be recorded, since
/// it contradicts another: that one is then the fork.
Result<std::optional<Recorded>> place(UnitOfWork& unit, const Recorder& recorder, const VerifiedReceipt& verified,
                                      OnFork on_fork, Findings& findings) {
  KIP_TRY(auto around, look_around(unit.projection().receipts, verified.received));
  if (around.same) return std::optional(Recorded{around.same->event_index, around.same->recorded});
  auto& other = around.contradicted;
  if (other && on_fork == OnFork::stop) {
    findings.fork = std::move(other);
    return std::optional<Recorded>();
  }
  KIP_TRY(const bool earlier, is_of_earlier_incarnation(unit.projection(), verified.received.receipt));
  if (other) findings.alarm = AlarmReason::receipts_contradict;
  if (earlier && !findings.alarm) findings.alarm = AlarmReason::incarnations_alternate;
  KIP_TRY(const Recorded recorded, recorder.record(unit, verified.event, &verified.received));
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

/// Only for what is durable. `basis` is the newest time stamp in O.
Result<TakenReceipts> answer_for(const Recorder& recorder, const std::vector<VerifiedReceipt>& verified,
                                 const Findings& findings, const std::optional<Sha256Digest>& basis) {
  TakenReceipts out{{}, findings.install.standing, findings.install.disputed || findings.alarm};
  out.missing_from = findings.missing_from;
  for (std::size_t i = 0; i < findings.places.size(); ++i) {
    const auto& [receipt, digest] = verified[i].received;
    const Recorded& place = findings.places[i];
    KIP_TRY(Bytes acknowledgement, recorder.acknowledge({receipt.tenant, receipt.install, receipt.incarnation,
                                                         receipt.sequence, digest, place.index, place.time, basis}));
    out.acknowledgements.push_back(std::move(acknowledgement));
  }
  if (findings.fork) {
    const ReceiptKey& key = findings.fork->key;
    KIP_TRY(out.fork, recorder.acknowledge({recorder.tenant(), key.install, key.incarnation, key.sequence, key.digest,
                                            findings.fork->event_index, findings.fork->recorded, basis}));
  }
  return out;
}

Result<std::vector<VerifiedReceipt>> verify_all(const std::vector<Bytes>& envelopes, const Source& source,
                                                const Recorder& recorder) {
  std::vector<VerifiedReceipt> out;
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    auto verified = verify(envelopes[i], source, recorder);
    if (!verified) return fail_while(fmt::format("receipt {} of {}", i + 1, envelopes.size()), verified.error());
    out.push_back(*std::move(verified));
  }
  return out;
}

/// The install, if all of it holds by the key that it has now.
Result<InstallRecord> check_again(const std::vector<VerifiedReceipt>& verified, InstallRecord install,
                                  Projection& known) {
  for (const VerifiedReceipt& one : verified) {
    KIP_TRY_VOID(check_signature(one.envelope, one.received, install, known));
  }
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

/// What a batch is, for an install that was let in.
Result<void> place_all(UnitOfWork& unit, const Recorder& recorder, const std::vector<VerifiedReceipt>& verified,
                       OnFork on_fork, Findings& findings) {
  if (!verified.empty()) {
    KIP_TRY(findings.missing_from, missing_before(unit.projection().receipts, verified.front().received.receipt));
  }
  for (const VerifiedReceipt& receipt : verified) {
    KIP_TRY(const auto at, place(unit, recorder, receipt, on_fork, findings));
    if (!at) break;
    findings.places.push_back(*at);
  }
  if (!findings.alarm || findings.install.disputed) return {};
  KIP_TRY_VOID(recorder.record(unit, event_type::kInstallAlarm, kServerActor,
                               install_alarm_body({*findings.alarm, {findings.install.id}})));
  return {};
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
  std::optional<Sha256Digest> basis;
  {
    KIP_TRY(const auto reading, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(const InstallRecord install, load_install(*reading, bringer.install));
    KIP_TRY(basis, newest_token_.identity(*reading));
    // Signatures are the dearest part and need no lock.
    KIP_TRY(verified, verify_all(envelopes, {install, bringer.actor, reading->projection()}, recorder_));
    verified_by = install.key;
  }
  std::optional<Error> refusal;
  std::optional<Findings> findings;
  const auto task = [&](UnitOfWork& unit) -> Result<void> {
    refusal.reset();
    findings.reset();
    auto install = admit(unit, bringer.install, bringer.caller, recorder_.now());
    // Nothing by a key that was given up meanwhile may come to stand behind that.
    if (install && install->key != *verified_by)
      install = check_again(verified, *std::move(install), unit.projection());
    if (!install && install.error().code != ErrorCode::denied) return Unexpected(install.error());
    if (!install) {
      refusal = install.error();
      return {};
    }
    findings.emplace(Findings{*std::move(install)});
    return place_all(unit, recorder_, verified, bringer.on_fork, *findings);
  };
  KIP_TRY_VOID(group_.write(task, verified.size()));
  if (refusal) return Unexpected(*refusal);
  acknowledged_ += static_cast<std::int64_t>(findings->places.size());
  return answer_for(recorder_, verified, *findings, basis);
}

}  // namespace kip::server
