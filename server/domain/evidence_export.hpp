#pragma once

#include <optional>
#include <set>

#include <manifests/model/evidence_index.hpp>
#include <server/domain/board.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/repository_store.hpp>
#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/evidence_check.hpp>
#include <signing/evidence/trust_policy.hpp>

namespace kip::server {

/// What a bundle is to be about: one obligation, one customer, or, where both are missing, everything.
struct EvidenceScope {
  std::optional<std::int64_t> obligation = {};
  std::optional<TaxCode> customer = {};
};

/// Makes evidence bundles out of the logs, the events behind them and the published metadata. Thread-safe.
class EvidenceExport {
 public:
  /// Events of R in one bundle; it is made in memory.
  static constexpr std::size_t kMaxEvents = 200'000;

  struct Ports {
    Store& store;
    RepositoryStore& repository;
    const Recorder& recorder;
    const Board& board;
    LogSequencer& logs;
    const PrivateKey& entry_key;
  };

  /// All must outlive it. `authorities`: those that the server believes, for the claims that it makes.
  EvidenceExport(Ports ports, std::vector<tsp::Authority> authorities)
      : ports_(ports), authorities_(std::move(authorities)) {}

  /// The files of a bundle, sealed. It is checked by the very steps by which others will check it before it is handed
  /// out. Errors: not_found for an obligation or customer that is not there; conflict where the bundle would not hold,
  /// with the step that does not; too_large; those of the store, the logs and the repository.
  Result<EvidenceFiles> make(const EvidenceScope& scope);

 private:
  Result<EvidenceFiles> gather(const EvidenceScope& scope);
  Result<void> claim(EvidenceFiles& files) const;

  Ports ports_;
  std::vector<tsp::Authority> authorities_;
};

}  // namespace kip::server
