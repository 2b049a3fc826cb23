#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include <server/domain/group_commit.hpp>
#include <server/domain/newest_token.hpp>
#include <server/domain/recorder.hpp>

namespace kip::server {

/// An install as a signed request showed it. Its nonce is used up in the transaction of what it asks for.
struct InstallCaller {
  InstallId id;
  std::string nonce;
  Instant nonce_expires;
};

/// What to do where a receipt contradicts one that is recorded.
enum class OnFork {
  keep,  ///< record it as well, and raise an alarm
  stop,  ///< record neither it nor what follows: the install wants to know, to go on under a new incarnation
};

struct TakenReceipts {
  /// Envelope of one kip.acknowledgement/1 for all; those before a fork where there is one, and nothing where it comes
  /// first.
  std::optional<Bytes> acknowledgement = {};
  Standing standing = Standing::active;
  bool disputed = false;
  std::optional<Bytes> fork = {};  ///< a second one, of the recorded receipt that the next one contradicts
  /// The first receipt before these that is not here, as after the server was restored from a backup.
  std::optional<std::int64_t> missing_from = {};
};

/// Takes in what installs report. What one request brings is one event. What comes at the same time becomes durable in
/// one transaction; receipts are verified, and the acknowledgement is signed, outside of it, in the threads that bring
/// the receipts. Thread-safe.
class Receipts {
 public:
  static constexpr std::size_t kMaxBatch = kMaxReceiptsAtOnce;

  /// Both must outlive it.
  Receipts(Store& store, const Recorder& recorder)
      : store_(store), recorder_(recorder), group_(store, recorder.tenant()) {}

  /// Records receipt envelopes, all or none, and acknowledges them, once all are durable. One that is recorded already
  /// keeps its place. The acknowledgement names the newest time stamp in O. A missing sequence number is counted and
  /// accepted; two receipts with one number, or a chain that does not fit, are both kept and raise an alarm, unless the
  /// caller wants to stop there. An incarnation that goes on after a later one began raises an alarm. Errors, all of
  /// which refuse the whole batch and name the receipt: malformed, signature; denied for another install's or product's
  /// receipt, a retired install or a nonce used before; too_large above kMaxBatch, or kMaxRecordedOctets together.
  Result<TakenReceipts> take(const InstallCaller& caller, const std::vector<Bytes>& envelopes,
                             OnFork on_fork = OnFork::keep);

  /// The same for receipts of an install that staff have brought as a file: each is signed by the install, whoever
  /// carries it. `actor` stands in history as the one who brought what is recorded now. Errors: as above.
  Result<TakenReceipts> import(const Actor& actor, const InstallId& install, const std::vector<Bytes>& envelopes);

  /// How many were acknowledged since the start, those that came once more included.
  std::int64_t acknowledged() const { return acknowledged_; }

 private:
  /// Who hands receipts over.
  struct Bringer {
    InstallId install;  ///< whose they are
    Actor actor;
    const InstallCaller* caller = nullptr;  ///< of a signed request
    OnFork on_fork = OnFork::keep;
  };

  Result<TakenReceipts> take_from(const Bringer& bringer, const std::vector<Bytes>& envelopes);

  Store& store_;
  const Recorder& recorder_;
  GroupCommit group_;
  NewestToken newest_token_;
  std::atomic<std::int64_t> acknowledged_{0};
};

}  // namespace kip::server
