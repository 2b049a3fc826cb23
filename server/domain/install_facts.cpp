#include <algorithm>

#include <server/domain/install_facts.hpp>

namespace kip::server {

ServingReleases ServingReleases::of(const std::vector<PublicationRecord>& publications, const ProductId& product,
                                    const Act& act) {
  ServingReleases out;
  out.parts_ = act.parts;
  if (out.parts_.empty()) out.parts_.emplace_back();
  for (const PublicationRecord& publication : publications) {
    if (publication.product != product) continue;
    for (const std::string& text : publication.acts) {
      const auto served = ServedAct::parse(text);
      if (!served || served->key != act.key) continue;
      out.publications_.push_back({publication.product, publication.published_at, served->part});
      auto& parts = out.versions_[publication.version.str()];
      for (const std::string& part : out.parts_) {
        if (served->serves(act.key, part)) parts.insert(part);
      }
    }
  }
  return out;
}

std::optional<Instant> ServingReleases::complete_at(const std::vector<InstallationRecord>& installations) const {
  std::optional<Instant> out;
  for (const std::string& part : parts_) {
    std::optional<Instant> first;
    for (const InstallationRecord& installation : installations) {
      const auto found = versions_.find(installation.version.str());
      if (found == versions_.end() || !found->second.contains(part)) continue;
      if (!first || installation.installed_at < *first) first = installation.installed_at;
    }
    if (!first) return std::nullopt;
    if (!out || *out < *first) out = first;
  }
  return out;
}

std::optional<Instant> ServingReleases::deferred_at(const std::vector<DeferralRecord>& deferrals) const {
  std::optional<Instant> out;
  for (const DeferralRecord& deferral : deferrals) {
    if (versions_.contains(deferral.version.str()) && (!out || deferral.deferred_at < *out)) out = deferral.deferred_at;
  }
  return out;
}

Result<std::vector<InstallHistory>> histories_of(const CustomerKey& customer, Projection& from) {
  std::vector<InstallHistory> out;
  KIP_TRY(auto installs, from.installs.of(customer));
  for (InstallRecord& install : installs) {
    KIP_TRY(auto installations, from.installations.of(install.id));
    KIP_TRY(auto deferrals, from.deferrals.of(install.id));
    out.push_back({std::move(install), std::move(installations), std::move(deferrals)});
  }
  return out;
}

CustomerFacts facts_of(const Customer& customer, const std::vector<InstallHistory>& installs,
                       const ServingReleases& releases) {
  CustomerFacts out{customer, {}};
  for (const auto& [install, installations, deferrals] : installs) {
    if (install.replaced_by) continue;  // its seat is the other one's now: what that has is what counts
    InstallFact fact{.id = install.id, .label = install.label, .retired = install.standing == Standing::retired};
    if (install.standing == Standing::held) fact.label += " (held)";
    if (install.disputed) fact.label += " (disputed)";
    if (install.report) fact.heard_at = install.report->received;
    const bool unknown = install.disputed || install.standing == Standing::held;
    if (!unknown) {
      fact.installed_at = releases.complete_at(installations);
      fact.deferred_at = releases.deferred_at(deferrals);
    }
    out.installs.push_back(std::move(fact));
  }
  return out;
}

}  // namespace kip::server
