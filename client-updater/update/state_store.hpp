#pragma once

#include <client-updater/update/state.hpp>

namespace kip::updater {

/// A receipt as it was signed, kept until the server has acknowledged it.
struct OutboxEntry {
  std::string incarnation;
  std::int64_t sequence = 0;
  Sha256Digest digest;  ///< of the envelope
  Bytes envelope;

  bool operator==(const OutboxEntry&) const = default;
};

/// The last receipt of an incarnation; sequence 0 before the first.
struct ChainHead {
  std::int64_t sequence = 0;
  std::optional<Sha256Digest> digest;
};

/// The server's word on one receipt, verified.
struct AcknowledgedReceipt {
  std::string incarnation;
  std::int64_t sequence = 0;
  std::int64_t event_index = 0;
  Bytes envelope;  ///< of the acknowledgement, kept as evidence
};

struct OutboxCounts {
  std::int64_t pending = 0;  ///< of the present incarnation
  std::int64_t acknowledged = 0;
};

/// Where an install remembers. What a call has reported as done survives a power cut. One process at a time; not
/// thread-safe. Errors, the same for all: storage, disk_full, busy.
class StateStore {
 public:
  virtual ~StateStore() = default;

  virtual Result<State> load() = 0;
  /// Replaces the state and adds receipts to the outbox: all of it or nothing. A floor that would fall and a revocation
  /// that would be lost stay as they are. Error conflict where a receipt's place in its chain is taken.
  virtual Result<void> save(const State& state, const std::vector<OutboxEntry>& receipts) = 0;

  virtual Result<ChainHead> head(const std::string& incarnation) = 0;
  /// Digest of the receipt in this place of its chain; nothing where there is none.
  virtual Result<std::optional<Sha256Digest>> receipt_at(const std::string& incarnation, std::int64_t sequence) = 0;
  /// Receipts of the present incarnation without an acknowledgement, oldest first. Those of earlier ones are kept, but
  /// were written anew when this one began.
  virtual Result<std::vector<OutboxEntry>> pending(std::size_t limit) = 0;
  /// Again for the same receipt is no error. Errors: not_found; conflict where another receipt has that place in the
  /// server's log.
  virtual Result<void> acknowledge(const AcknowledgedReceipt& receipt) = 0;
  virtual Result<OutboxCounts> counts() = 0;
};

}  // namespace kip::updater
