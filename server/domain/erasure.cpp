#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <manifests/model/log_entry.hpp>
#include <server/domain/erasure.hpp>
#include <server/domain/projection.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 500;

/// By what an event is recognised as one about the customer.
struct Traces {
  std::string customer;
  std::set<std::string> installs;
  std::set<std::string> notices;
  std::set<std::int64_t> requests;
  std::set<std::int64_t> receipts;  ///< by the index of their event
};

Result<void> add_installs(Projection& from, const CustomerKey& key, Traces& to) {
  KIP_TRY(const auto installs, from.installs.of(key));
  for (const InstallRecord& install : installs) {
    to.installs.insert(install.id.str());
    KIP_TRY(const auto receipts, from.receipts.of(install.id));
    for (const ReceiptRecord& receipt : receipts)
      to.receipts.insert(receipt.event_index);
  }
  return {};
}

Result<Traces> find_traces(Projection& from, const TaxCode& code) {
  Traces out;
  out.customer = code.str();
  bool known = false;
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (customer.tax_code != code) continue;
    known = true;
    KIP_TRY_VOID(add_installs(from, key_of(customer), out));
  }
  if (!known) return fail(ErrorCode::not_found, fmt::format("there is no customer {}", code.str()));
  KIP_TRY(const auto notices, from.notices.all());
  for (const NoticeRecord& notice : notices) {
    if (notice.customer == code) out.notices.insert(notice.id.str());
  }
  KIP_TRY(const auto services, from.services.all());
  for (const ServiceRecord& service : services) {
    if (service.request.facts().customer == code) out.requests.insert(key_of(service));
  }
  return out;
}

bool has_text(const json::Value& body, std::string_view name, const std::set<std::string>& wanted) {
  const json::Value* member = body.find(name);
  return member != nullptr && member->as_text() != nullptr && wanted.contains(*member->as_text());
}

bool names_any(const json::Value& body, std::string_view name, const std::set<std::string>& wanted) {
  const json::Value* member = body.find(name);
  const json::Array* items = member == nullptr ? nullptr : member->as_array();
  return items != nullptr && std::any_of(items->begin(), items->end(), [&](const json::Value& item) {
           return item.as_text() != nullptr && wanted.contains(*item.as_text());
         });
}

bool is_about(const Event& event, std::int64_t index, const Traces& traces) {
  const json::Value& body = event.body;
  if (traces.receipts.contains(index)) return true;
  if (event.type == event_type::kCustomerImported) {
    const json::Value* customer = body.find("customer");
    return customer != nullptr && has_text(*customer, "tax_code", {traces.customer});
  }
  const json::Value* number = body.find("number");
  const bool is_request = event.type.starts_with("service.") && number != nullptr && number->as_integer() != nullptr &&
                          traces.requests.contains(*number->as_integer());
  return is_request || has_text(body, "customer", {traces.customer}) || has_text(body, "install", traces.installs) ||
         names_any(body, "installs", traces.installs) || has_text(body, "notice", traces.notices);
}

Result<std::int64_t> destroy(UnitOfWork& unit, const Traces& traces) {
  std::int64_t count = 0;
  for (std::int64_t done = 0;;) {
    KIP_TRY(const auto events, unit.events().after(done, kBatch));
    if (events.empty()) return count;
    for (const StoredEvent& stored : events) {
      done = stored.index;
      // What stands in O names nobody.
      if (stored.is_erased() || entry_rule(stored.type).in_o) continue;
      KIP_TRY(const Event event, read_event(stored));
      if (!is_about(event, stored.index, traces)) continue;
      KIP_TRY_VOID(unit.events().erase(stored.index));
      KIP_TRY_VOID(unit.leaves().destroy_salts(stored.index));
      ++count;
    }
  }
}

}  // namespace

Result<std::int64_t> erase_customer(Store& store, const Recorder& recorder, const Actor& actor, const TaxCode& customer,
                                    std::string_view reason) {
  if (reason.empty()) return fail(ErrorCode::usage, "say why: it is recorded");
  KIP_TRY(const auto unit, store.begin(recorder.tenant(), Access::write));
  KIP_TRY(const Traces traces, find_traces(unit->projection(), customer));
  KIP_TRY(const std::int64_t count, destroy(*unit, traces));
  KIP_TRY_VOID(recorder.record(*unit, event_type::kCustomerErased, actor,
                               json::Object{{"events", count}, {"reason", std::string(reason)}}));
  KIP_TRY_VOID(rebuild_in(*unit, recorder.tenant(), {recorder.public_key()}));
  KIP_TRY_VOID(unit->commit());
  return count;
}

}  // namespace kip::server
