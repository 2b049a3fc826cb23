#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/event_bodies.hpp>
#include <server/domain/evidence_events.hpp>
#include <server/domain/recorder.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/evidence/vendor_book.hpp>

namespace kip::server {
namespace {

Result<std::vector<Commitment>> commitments_of(Projection& from, const EvidenceIndex& index) {
  std::vector<Commitment> out;
  for (const std::int64_t number : index.obligations) {
    KIP_TRY(const auto obligation, from.obligations.find(number));
    if (!obligation) return fail(ErrorCode::not_found, fmt::format("there is no obligation {}", number));
    KIP_TRY(auto commitment, from.commitments.find(obligation->commitment));
    if (commitment) out.push_back(*std::move(commitment));
  }
  return out;
}

/// An obligation that asks for installs is about every customer of its product; another one about nobody in particular.
Result<void> fill_from_obligation(Projection& from, std::int64_t number, EvidenceIndex& index) {
  index.obligations = {number};
  KIP_TRY(const auto commitments, commitments_of(from, index));
  if (commitments.empty() || commitments.front().milestone != Milestone::installed) return {};
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (customer.product == commitments.front().product) index.customers.push_back(customer.tax_code);
  }
  return {};
}

Result<void> fill_from_customer(Projection& from, const TaxCode& code, EvidenceIndex& index) {
  std::set<ProductId> products;
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (customer.tax_code == code) products.insert(customer.product);
  }
  if (products.empty()) return fail(ErrorCode::not_found, fmt::format("there is no customer {}", code.str()));
  index.customers = {code};
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations) {
    KIP_TRY(const auto commitment, from.commitments.find(obligation.commitment));
    if (commitment && products.contains(commitment->product)) index.obligations.push_back(obligation.number);
  }
  return {};
}

}  // namespace

Result<void> fill_scope(Projection& from, const std::optional<std::int64_t>& obligation,
                        const std::optional<TaxCode>& customer, EvidenceIndex& index) {
  if (obligation) {
    index.about = EvidenceAbout::obligation;
    KIP_TRY_VOID(fill_from_obligation(from, *obligation, index));
  } else if (customer) {
    index.about = EvidenceAbout::customer;
    KIP_TRY_VOID(fill_from_customer(from, *customer, index));
  }
  std::sort(index.customers.begin(), index.customers.end());
  index.customers.erase(std::unique(index.customers.begin(), index.customers.end()), index.customers.end());
  return {};
}

Result<EvidenceChoice> EvidenceChoice::create(UnitOfWork& unit, const EvidenceIndex& index) {
  EvidenceChoice out;
  out.everything_ = index.is_about_everything();
  out.customers_ = {index.customers.begin(), index.customers.end()};
  Projection& from = unit.projection();
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& one : obligations) {
    if (index.judges(one.number)) out.acts_.insert(one.act);
  }
  KIP_TRY_VOID(out.choose_installs(from, index));
  return out;
}

Result<void> EvidenceChoice::choose_installs(Projection& from, const EvidenceIndex& index) {
  KIP_TRY(const auto commitments, commitments_of(from, index));
  std::set<ProductId> products;
  for (const Commitment& commitment : commitments)
    products.insert(commitment.product);
  for (const TaxCode& customer : customers_) {
    for (const ProductId& product : products) {
      KIP_TRY(const auto installs, from.installs.of(CustomerKey{customer, product}));
      for (const InstallRecord& install : installs) {
        installs_.insert(install.id);
        KIP_TRY(const auto receipts, from.receipts.of(install.id));
        for (const ReceiptRecord& receipt : receipts)
          receipts_.insert(receipt.event_index);
      }
    }
  }
  return {};
}

Result<bool> EvidenceChoice::shows(const StoredEvent& stored) const {
  const bool in_r = entry_rule(stored.type).stands_in(LogName::r);
  if (everything_) return in_r || is_about_act(stored.type);
  if (stored.type == event_type::kReceiptsRecorded) return receipts_.contains(stored.index);
  if (is_about_act(stored.type)) {
    KIP_TRY(const Event event, read_event(stored));
    KIP_TRY(const ActKey act, act_of(open_part(event, Sha256Digest::from_bytes(Bytes(32, '\0')).value())));
    return acts_.contains(act);
  }
  if (stored.type == event_type::kCustomerImported) {
    KIP_TRY(const Event event, read_event(stored));
    json::ObjectReader in(event.body, event.type);
    const json::Value& value = in.object("customer");
    KIP_TRY_VOID(in.finish());
    KIP_TRY(const Customer customer, read_customer(value));
    return customers_.contains(customer.tax_code);
  }
  if (stored.type == event_type::kCodeCreated) {
    KIP_TRY(const Event event, read_event(stored));
    KIP_TRY(const EnrolmentCodeRecord code, read_code_created(event.body));
    return customers_.contains(code.customer);
  }
  if (!stored.type.starts_with("install.")) return false;
  KIP_TRY(const Event event, read_event(stored));
  if (stored.type == event_type::kInstallAlarm) {
    KIP_TRY(const Alarm alarm, read_install_alarm(event.body));
    return std::any_of(alarm.installs.begin(), alarm.installs.end(),
                       [&](const InstallId& id) { return installs_.contains(id); });
  }
  json::ObjectReader in(event.body, event.type);
  const auto id = in.parsed("install", InstallId::parse);
  KIP_TRY_VOID(in.finish());
  return installs_.contains(*id);
}

bool EvidenceChoice::is_served_by(const ReleasePublished& release) const {
  return std::any_of(release.acts.begin(), release.acts.end(), [this](const std::string& text) {
    const auto served = ServedAct::parse(text);
    return served && acts_.contains(served->key);
  });
}

}  // namespace kip::server
