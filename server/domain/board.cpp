#include <algorithm>
#include <map>
#include <set>

#include <server/domain/board.hpp>

namespace kip::server {
namespace {

/// What is recorded about releases and installs, read once for all obligations.
struct Facts {
  std::vector<PublicationRecord> publications;
  std::vector<Customer> customers;
  std::map<CustomerKey, std::vector<InstallRecord>> installs;
  std::map<InstallId, std::vector<InstallationRecord>> installations;
};

Result<Facts> read_facts(Projection& from) {
  Facts out;
  KIP_TRY(out.publications, from.publications.all());
  KIP_TRY(out.customers, from.customers.all());
  KIP_TRY(auto installs, from.installs.all());
  for (InstallRecord& install : installs) {
    auto& of_customer = out.installs[{install.customer, install.product}];
    of_customer.push_back(std::move(install));
  }
  KIP_TRY(auto installations, from.installations.all());
  for (InstallationRecord& installation : installations)
    out.installations[installation.install].push_back(std::move(installation));
  return out;
}

bool serves(const PublicationRecord& publication, const ActKey& act) {
  return std::any_of(publication.acts.begin(), publication.acts.end(), [&](const std::string& text) {
    const auto key = ActKey::parse(text);
    return key && *key == act;
  });
}

InstallFact install_fact(const InstallRecord& install, const Facts& facts, const std::set<std::string>& versions) {
  InstallFact out{install.id, install.label, {}, install.standing == Standing::retired};
  if (install.standing == Standing::held) out.label += " (held)";
  if (install.disputed) out.label += " (disputed)";
  // Its seat is the other one's now: what that has is what counts.
  const bool replaced = install.replaced_by.has_value();
  const bool unknown = install.disputed || replaced || install.standing == Standing::held;
  const auto found = facts.installations.find(install.id);
  if (unknown || found == facts.installations.end()) return out;
  for (const InstallationRecord& installation : found->second) {
    if (!versions.contains(installation.version.str())) continue;
    if (!out.installed_at || installation.installed_at < *out.installed_at)
      out.installed_at = installation.installed_at;
  }
  return out;
}

ObligationFacts facts_for(const ObligationRecord& obligation, const Act& act, const Commitment& commitment,
                          const Facts& facts, Instant now) {
  ObligationFacts out{.number = obligation.number, .act = act, .commitment = commitment, .now = now};
  std::set<std::string> versions;
  for (const PublicationRecord& publication : facts.publications) {
    if (publication.product != commitment.product || !serves(publication, act.key)) continue;
    out.publications.push_back({publication.product, publication.published_at});
    versions.insert(publication.version.str());
  }
  if (commitment.milestone != Milestone::installed) return out;
  for (const Customer& customer : facts.customers) {
    if (customer.product != commitment.product) continue;
    CustomerFacts of_customer{customer, {}};
    if (const auto installs = facts.installs.find(key_of(customer)); installs != facts.installs.end()) {
      for (const InstallRecord& install : installs->second)
        of_customer.installs.push_back(install_fact(install, facts, versions));
    }
    out.customers.push_back(std::move(of_customer));
  }
  return out;
}

}  // namespace

Result<std::vector<BoardEntry>> Board::judge(Projection& from, Instant now, const Filter& filter) const {
  KIP_TRY(const Facts facts, read_facts(from));
  KIP_TRY(const auto obligations, from.obligations.all());
  std::vector<BoardEntry> out;
  for (const ObligationRecord& obligation : obligations) {
    if (!filter(obligation)) continue;
    KIP_TRY(auto act, from.acts.find(obligation.act.str()));
    KIP_TRY(auto commitment, from.commitments.find(obligation.commitment));
    if (!act || !commitment) return fail(ErrorCode::internal, "an obligation without its act or commitment");
    KIP_TRY(const Calendar* calendar, calendars_.find(commitment->calendar));
    KIP_TRY(ObligationView view, kip::judge(facts_for(obligation, *act, *commitment, facts, now), *calendar, zones_));
    out.push_back({*std::move(act), *std::move(commitment), std::move(view)});
  }
  return out;
}

Result<std::vector<BoardEntry>> Board::judge_all(Projection& from, Instant now) const {
  return judge(from, now, [](const ObligationRecord&) { return true; });
}

}  // namespace kip::server
