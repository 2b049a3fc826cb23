#include <algorithm>
#include <map>

#include <manifests/model/obligation_clock.hpp>
#include <server/domain/entitlements.hpp>

namespace kip::server {
namespace {

/// What is known of each product, read once for all customers.
struct ProductFacts {
  std::vector<ReleaseFact> releases;
  std::vector<ArisenAct> acts;
};

/// The country by whose days a product's promises are counted.
using Countries = std::map<ProductId, std::string>;

Result<void> add_arisen(std::map<ProductId, ProductFacts>& out, Countries& countries, Projection& from) {
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations) {
    KIP_TRY(const auto act, from.acts.find(obligation.act.str()));
    KIP_TRY(const auto history, from.histories.find(obligation.act.str()));
    KIP_TRY(const auto commitment, from.commitments.find(obligation.commitment));
    if (!act || !history || !commitment)
      return fail(ErrorCode::internal, "an obligation without its act or commitment");
    out[commitment->product].acts.push_back({act->key, days_of_rise(*act, *history, commitment->trigger).front()});
    countries.emplace(commitment->product, commitment->calendar);
  }
  return {};
}

Result<std::map<ProductId, ProductFacts>> read_products(Projection& from, const Board& board) {
  std::map<ProductId, ProductFacts> out;
  Countries countries;
  KIP_TRY_VOID(add_arisen(out, countries, from));
  KIP_TRY(const auto publications, from.publications.all());
  for (const PublicationRecord& publication : publications) {
    const auto country = countries.find(publication.product);
    KIP_TRY(const LegalDate day,
            board.day_in(country == countries.end() ? "VN" : country->second, publication.published_at));
    ReleaseFact release{publication.version, day};
    for (const std::string& text : publication.acts) {
      if (const auto served = ServedAct::parse(text)) release.acts.push_back(served->key);
    }
    out[publication.product].releases.push_back(std::move(release));
  }
  return out;
}

}  // namespace

Result<std::vector<CustomerEntitlement>> find_entitlements(Projection& from, const Board& board,
                                                           const EntitlementFilter& filter, LegalDate on) {
  KIP_TRY(const auto products, read_products(from, board));
  KIP_TRY(auto customers, from.customers.all());
  const ProductFacts none;
  std::vector<CustomerEntitlement> out;
  for (Customer& customer : customers) {
    if ((filter.tax_code && customer.tax_code != *filter.tax_code) ||
        (filter.product && customer.product != *filter.product))
      continue;
    const auto found = products.find(customer.product);
    const ProductFacts& facts = found == products.end() ? none : found->second;
    EntitlementView view = entitlement_view(customer, on, facts.releases, facts.acts);
    if (!filter.only_ending || view.ends_within) out.push_back({std::move(customer), std::move(view)});
  }
  if (filter.only_ending) {
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.view.last_day < b.view.last_day; });
  }
  return out;
}

}  // namespace kip::server
