#pragma once

#include <optional>

#include <client-updater/update/install.hpp>

namespace kip::updater {

struct DeliveryResult {
  std::int64_t delivered = 0;   ///< acknowledged in this call
  std::int64_t kept = 0;        ///< still waiting
  std::int64_t sent_again = 0;  ///< of those, or of the delivered: they had been acknowledged, and the server lost them
  std::optional<Instant> next_try = {};
  bool held = false;      ///< the server keeps them, but counts nothing from this install until people look at it
  bool disputed = false;  ///< the same, because two copies of this install have reported
  /// It found that it is a copy, or was restored from an image, and goes on under a new incarnation.
  bool new_incarnation = false;
  std::optional<Error> failure = {};  ///< why some are kept; absent where nobody was asked because it is not yet time
};

enum class Urgency {
  when_due,  ///< not before the time that an earlier failure has set
  now,       ///< a person asks for it
};

/// Sends the outbox in the order of the chain, at most 100 receipts at a time, and takes an acknowledgement only
/// where it is the server's signature over exactly those receipts, or where the server proves a fork over those before
/// it. Where the server proves that it has another receipt
/// in a place of this chain, a new incarnation begins, and what was not acknowledged is sent in that; likewise where it
/// does not take what was signed with a key that was given up. One that does not know this install's key any more,
/// since it was restored from an older backup, is told of it again. A server that is down or refuses is no error of
/// this function: the receipts are kept, and the next try is put off. Errors: those of the store. Protocol:
/// docs/formats/receipt.md
Result<DeliveryResult> deliver(Install& install, Urgency urgency);

/// What the server says of receipts of this install, its signature verified. Errors: signature, malformed; integrity
/// where it is about another install.
Result<Acknowledgement> read_acknowledgement(const Enrolment& enrolment, const Bytes& envelope);

/// Errors: integrity where it is about another receipt, or about other bytes.
Result<void> expect_about(const AcknowledgedReceipt& said, const OutboxEntry& sent);

/// Keeps of an acknowledgement what later receipts can rest on: its time stamp. Errors: those of the store.
Result<void> remember_basis(Install& install, const std::optional<Sha256Digest>& basis);

/// When to try again: 30 s, doubled at each failure up to 6 h, a fifth more or less by chance, and not before the
/// server allows it. Pure; `chance` is 0 to 65,535.
Delivery after_failure(const Delivery& before, Instant now, std::optional<std::chrono::seconds> retry_after,
                       std::uint16_t chance);

}  // namespace kip::updater
