#pragma once

#include <vector>

#include <manifests/evidence/stamp_schedule.hpp>
#include <server/domain/board.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/revocation_archive.hpp>
#include <signing/daemon/log.hpp>
#include <signing/timestamp/stamp_queue.hpp>

namespace kip::server {

/// Has O stamped by every authority when it is time, and records the tokens in O. Once for each tenant. Not
/// thread-safe.
class Stamper {
 public:
  struct Ports {
    Store& store;
    const Recorder& recorder;
    const Board& board;
    LogSequencer& logs;
    tsp::AskAuthority ask;
    const Clock& clock;
    Log& log;
    const RevocationArchive* archive = nullptr;  ///< told of each token that enters O, where there is one
  };

  /// The ports must outlive it. Without authorities nothing is ever asked for.
  Stamper(Ports ports, std::vector<tsp::Authority> authorities)
      : ports_(std::move(ports)), authorities_(std::move(authorities)) {}

  /// One turn, to be called every second or so: publishes R and then O and wants that checkpoint stamped where it is
  /// time, asks the authorities for all that waits, and records what has come. Goes on after any interruption. How long
  /// it takes is the authorities' to say. Errors: those of the store, the logs and the board; the next turn tries
  /// again.
  Result<void> turn();

 private:
  Result<bool> is_due();
  Result<bool> has_news(UnitOfWork& unit, const StampSubject& last) const;
  Result<void> look_at_limits(UnitOfWork& unit, Instant now);
  Result<void> want();
  Result<void> ask();
  Result<void> record_tokens();
  Result<void> record(UnitOfWork& unit, const tsp::Stamp& stamp);
  void tell(const tsp::StampQueue::Round& round);

  Ports ports_;
  std::vector<tsp::Authority> authorities_;
  std::vector<Instant> dues_;
  std::optional<std::pair<Instant, std::int64_t>> looked_;  ///< when, and at how much of O
  std::map<std::string, std::string> silent_;               ///< what was told of authorities that do not answer
};

}  // namespace kip::server
