#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <manifests/model/obligation.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// Which releases of a product serve an act, and what of it each does. A value.
class ServingReleases {
 public:
  /// A release serves an act if officers listed the act, or a part of it, in the release.
  static ServingReleases of(const std::vector<PublicationRecord>& publications, const ProductId& product,
                            const Act& act);

  const std::vector<Publication>& publications() const { return publications_; }

  /// From when on an install with these installations had all parts of the act.
  std::optional<Instant> complete_at(const std::vector<InstallationRecord>& installations) const;
  /// When a release that serves any part was first put off.
  std::optional<Instant> deferred_at(const std::vector<DeferralRecord>& deferrals) const;

 private:
  std::vector<std::string> parts_;  ///< of the act; one without a name where it has none
  std::vector<Publication> publications_;
  std::map<std::string, std::set<std::string>> versions_;  ///< version -> parts
};

/// An install with what it has said about versions.
struct InstallHistory {
  InstallRecord install;
  std::vector<InstallationRecord> installations;
  std::vector<DeferralRecord> deferrals;
};

/// Those of a customer's product, ascending by id. Errors: those of the tables.
Result<std::vector<InstallHistory>> histories_of(const CustomerKey& customer, Projection& from);

/// What a customer's computers amount to under an obligation that these releases serve. Installs that are held,
/// disputed or replaced have nothing installed here: unknown is never counted as done.
CustomerFacts facts_of(const Customer& customer, const std::vector<InstallHistory>& installs,
                       const ServingReleases& releases);

}  // namespace kip::server
