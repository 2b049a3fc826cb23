#pragma once

#include <client-updater/update/state.hpp>
#include <manifests/model/service_request.hpp>

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

/// The server's word that a request is durable, verified, and what it says beside that, which it does not sign.
struct RequestAnswer {
  std::int64_t number = 0;
  Instant recorded_at;
  Instant asked_at;                 ///< when the server was last asked about it
  std::optional<Instant> due = {};  ///< the first limit that was promised, as it was then
  bool open = true;                 ///< not resolved, as it was then
  Bytes envelope;

  bool operator==(const RequestAnswer&) const = default;
};

/// A request for service as it was signed, kept at least until the server has answered it.
struct KeptRequest {
  RequestId id;
  ServiceKind kind = ServiceKind::question;
  int grade = kLightestGrade;
  Instant made_at;
  std::optional<Version> failed = {};  ///< the version whose update went wrong
  Sha256Digest digest;                 ///< of the envelope
  Bytes envelope;
  std::optional<RequestAnswer> answer = {};
  std::string refusal = {};  ///< why the server did not take it the last time

  bool operator==(const KeptRequest&) const = default;
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
  /// Takes receipts out of the outbox by the server's word, which is verified, and keeps its envelope once: all of it
  /// or nothing. Those that are out already keep the word that they have. How many went out. Errors: not_found;
  /// conflict where a place in the server's log is said to be of two incarnations or times, or of more than
  /// kMaxReceiptsAtOnce.
  virtual Result<std::int64_t> acknowledge(const Acknowledgement& said, const Bytes& envelope) = 0;
  /// Puts receipts of an incarnation from number `from` on and below `below` back into the outbox, where they were
  /// acknowledged; the acknowledgements are kept apart. How many.
  virtual Result<std::int64_t> send_again(const std::string& incarnation, std::int64_t from, std::int64_t below) = 0;
  virtual Result<OutboxCounts> counts() = 0;

  /// Adds the request or takes the place of the one with the same id.
  virtual Result<void> put_request(const KeptRequest& request) = 0;
  /// In the order of their ids, which is that in which they were made.
  virtual Result<std::vector<KeptRequest>> requests() = 0;
  /// Nothing where it is not there.
  virtual Result<void> forget_request(const RequestId& id) = 0;
};

}  // namespace kip::updater
