#pragma once

#include <functional>
#include <vector>

#include <server/domain/log_sequencer.hpp>
#include <signing/daemon/log.hpp>
#include <signing/witness/asked_witness.hpp>

namespace kip::server {

/// Has the newest checkpoint of O cosigned by witnesses and adds what they sign to what is published. Publishing never
/// waits for it. What each of them has seen is kept in memory only: it says so itself. Once for each tenant. Not
/// thread-safe.
class Cosigning {
 public:
  struct Ports {
    HttpClient& http;
    LogSequencer& logs;
    const Clock& clock;
    RandomSource& random;
    Log& log;
  };

  /// The ports must outlive it.
  Cosigning(Ports ports, const std::vector<tlog::AskedWitness>& witnesses);

  /// One turn, to be called every second or so: asks each witness that has not cosigned the newest checkpoint, and
  /// after a start all of them: whether the log has gone back, they alone can tell. One that
  /// fails is told of once, until it fails otherwise, and asked again later and later, after ten minutes at most. How
  /// long a turn takes is the witnesses' to say; it ends between two of them where it `is_stopping`. Errors: those of
  /// reading the log and of publishing; the next turn tries again.
  Result<void> turn(const std::function<bool()>& is_stopping = [] { return false; });

 private:
  struct Asked {
    tlog::AskedWitness witness;
    std::string origin = {};  ///< of the log that the next one is about
    std::uint64_t seen = 0;   ///< what it has cosigned of it
    Instant next_at = {};
    unsigned failures = 0;
    std::string told = {};  ///< why it fails
  };

  void failed(Asked& asked, const Error& error);

  Ports ports_;
  std::vector<Asked> witnesses_;
};

}  // namespace kip::server
