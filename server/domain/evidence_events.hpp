#pragma once

#include <set>
#include <string_view>
#include <vector>

#include <manifests/model/evidence_index.hpp>
#include <manifests/model/release_published.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Which events a bundle shows whole.
class EvidenceChoice {
 public:
  /// Errors: not_found for an obligation or customer of the index that is not there; those of the tables.
  static Result<EvidenceChoice> create(UnitOfWork& unit, const EvidenceIndex& index);

  /// Whether the bundle shows it. Errors: malformed for an event that is none.
  Result<bool> shows(const StoredEvent& event) const;
  /// Whether an act that is judged is served by the release.
  bool is_served_by(const ReleasePublished& release) const;

 private:
  Result<void> choose_installs(Projection& from, const EvidenceIndex& index);

  bool everything_ = false;
  std::set<ActKey> acts_;
  std::set<TaxCode> customers_;
  std::set<InstallId> installs_;
  std::set<std::int64_t> receipts_;  ///< by the index of their event
};

/// Fills in which obligations and customers are judged: those that have to do with the one or the other that is given,
/// or everything. Errors: not_found; those of the tables.
Result<void> fill_scope(Projection& from, const std::optional<std::int64_t>& obligation,
                        const std::optional<TaxCode>& customer, EvidenceIndex& index);

}  // namespace kip::server
