#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/entitlements.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxItems = 20'000;
constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

template <class Record>
Response page_response(std::string_view name, const std::vector<Record>& records, const Page& page) {
  return json_response(200, page_json(name, records, page, [](const Record& record) { return to_json(record); }));
}

Result<Response> add_act(const Services& services, const Call& call) {
  KIP_TRY(const Act act, parse_act(call.body));
  KIP_TRY(const auto registered, services.registry.register_acts(call.actor, {act}, false));
  return json_response(registered.front().created ? 201 : 200, act_json(registered.front()));
}

Result<Response> import_acts(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "import");
  in.array("acts", kMaxItems);
  const std::vector<Act> acts = in.each("acts", read_act, kMaxItems);
  const bool dry_run = in.boolean_or("dry_run", false);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const auto registered, services.registry.register_acts(call.actor, acts, dry_run));
  json::Array list;
  std::int64_t added = 0;
  for (const RegisteredAct& act : registered) {
    added += act.created ? 1 : 0;
    list.push_back(act_json(act));
  }
  return json_response(200, json::Object{{"added", added},
                                         {"unchanged", static_cast<std::int64_t>(registered.size()) - added},
                                         {"dry_run", dry_run},
                                         {"acts", std::move(list)}});
}

Result<Response> list_acts(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto acts, unit->projection().acts.all());
  return page_response("acts", acts, page);
}

Result<Response> import_commitments(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "import");
  if (in.has("format")) in.format("kip.commitments", 1);
  in.array("commitments", kMaxItems);
  const auto commitments = in.each("commitments", read_commitment, kMaxItems);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const auto imported, services.registry.import_commitments(call.actor, commitments));
  return json_response(200, json::Object{{"added", imported.added},
                                         {"unchanged", imported.unchanged},
                                         {"obligations_opened", imported.obligations_opened}});
}

Result<Response> list_commitments(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto commitments, unit->projection().commitments.all());
  return page_response("commitments", commitments, page);
}

Result<Response> import_customers(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "import");
  in.array("customers", kMaxItems);
  const auto customers = in.each("customers", read_customer, kMaxItems);
  const bool dry_run = in.boolean_or("dry_run", false);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const auto imported, services.registry.import_customers(call.actor, customers, dry_run));
  json::Array warnings;
  for (const auto& [customer, warning] : imported.warnings) {
    warnings.push_back(
        json::Object{{"tax_code", customer.str()}, {"code", warning.code}, {"message", warning.message}});
  }
  return json_response(200, json::Object{{"added", imported.added},
                                         {"changed", imported.changed},
                                         {"unchanged", imported.unchanged},
                                         {"dry_run", dry_run},
                                         {"warnings", std::move(warnings)}});
}

Result<Response> list_customers(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto customers, unit->projection().customers.all());
  return page_response("customers", customers, page);
}

json::Value entitlement_json(const CustomerEntitlement& one) {
  json::Value out = to_json(one.view);
  json::Object& members = *out.as_object();
  members["tax_code"] = one.customer.tax_code.str();
  members["name"] = one.customer.name;
  members["product"] = one.customer.product.str();
  members["contract_start"] = format_date(one.customer.contract_start);
  members["start_event"] = to_string(one.customer.start_event);
  return out;
}

Result<Response> list_entitlements(const Services& services, const Call& call) {
  EntitlementFilter filter;
  KIP_TRY(const Page page, read_page(call, {"tax_code", "product", "on", "ending"}));
  KIP_TRY(LegalDate on, services.board.day_in("VN", services.recorder.now()));
  for (const auto& [name, value] : call.target.query) {
    if (name == "tax_code") {
      KIP_TRY(filter.tax_code, TaxCode::parse(value));
    } else if (name == "product") {
      KIP_TRY(filter.product, ProductId::parse(value));
    } else if (name == "on") {
      KIP_TRY(on, parse_date(value));
    } else if (name == "ending" && value == "true") {
      filter.only_ending = true;
    } else if (name == "ending") {
      return fail(ErrorCode::usage, "the parameter ending has the value true, or is left out");
    }
  }
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto found, find_entitlements(unit->projection(), services.board, filter, on));
  json::Object out = page_json("entitlements", found, page, entitlement_json);
  out.emplace("on", format_date(on));
  return json_response(200, std::move(out));
}

}  // namespace

std::vector<Route> registry_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"POST", "/v1/tenants/{tenant}/acts", staff(StaffAction::acts_register), BodyKind::whole, with(add_act)},
      {"POST", "/v1/tenants/{tenant}/acts/import", staff(StaffAction::acts_register), BodyKind::large,
       with(import_acts)},
      {"GET", "/v1/tenants/{tenant}/acts", kReader, BodyKind::none, with(list_acts)},
      {"POST", "/v1/tenants/{tenant}/commitments", staff(StaffAction::promises_register), BodyKind::large,
       with(import_commitments)},
      {"GET", "/v1/tenants/{tenant}/commitments", kReader, BodyKind::none, with(list_commitments)},
      {"POST", "/v1/tenants/{tenant}/customers/import", staff(StaffAction::customers_import), BodyKind::large,
       with(import_customers)},
      {"GET", "/v1/tenants/{tenant}/customers", kReader, BodyKind::none, with(list_customers)},
      {"GET", "/v1/tenants/{tenant}/entitlements", kReader, BodyKind::none, with(list_entitlements)},
  };
}

}  // namespace kip::server
