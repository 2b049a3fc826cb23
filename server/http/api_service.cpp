#include <charconv>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <server/domain/service_lists.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>
#include <server/http/service_json.hpp>

namespace kip::server {
namespace {

constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;

/// "total", and "next" where there is more.
void put_page_end(json::Object& out, const ServiceFilter& filter, std::size_t shown, std::size_t total) {
  out.emplace("total", static_cast<std::int64_t>(total));
  if (shown > 0 && filter.offset + shown < total) out.emplace("next", static_cast<std::int64_t>(filter.offset + shown));
}

Result<Response> import_terms(const Services& services, const Call& call) {
  KIP_TRY(const Terms terms, parse_terms(call.body));
  KIP_TRY(const ImportedTerms imported, services.registry.import_terms(call.actor, terms));
  return json_response(200, json::Object{{"added", imported.commitments.added},
                                         {"unchanged", imported.commitments.unchanged},
                                         {"obligations_opened", imported.commitments.obligations_opened},
                                         {"promises_added", imported.promises_added},
                                         {"promises_unchanged", imported.promises_unchanged}});
}

Result<Response> list_promises(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto promises, unit->projection().promises.all());
  const auto one_json = [](const ServicePromise& promise) { return to_json(promise); };
  return json_response(200, page_json("promises", promises, page, one_json));
}

Result<ServiceEntry> load_request(const Services& services, const Call& call, std::int64_t number, Instant now) {
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(auto found, find_request(unit->projection(), services.board, number, now));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no service request #{}", number));
  return *std::move(found);
}

Result<Response> show_request(const Services& services, const Call& call, std::int64_t number, int status = 200) {
  const Instant now = services.recorder.now();
  KIP_TRY(const ServiceEntry entry, load_request(services, call, number, now));
  json::Value out = service_entry_json(entry);
  out.as_object()->emplace("as_of", format_instant(now));
  return json_response(status, std::move(out));
}

/// From an install: signed by its key, answered with the server's signature.
Result<Response> take_request(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "service request");
  auto envelope = in.parsed("request", from_base64, kMaxBody);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_CHECK(call.install.has_value());
  KIP_TRY(const TakenRequest taken, services.service.take(*call.install, *envelope));
  KIP_TRY(const ServiceEntry entry, load_request(services, call, taken.number, services.recorder.now()));
  return json_response(taken.created ? 201 : 200, json::Object{{"answer", to_base64(taken.answer)},
                                                               {"open", entry.request.is_open()},
                                                               {"entitled", entry.view.entitled},
                                                               {"by_the_hour", entry.view.by_the_hour},
                                                               {"promises", brief_promises_json(entry.view)}});
}

Result<Response> take_call(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "call");
  auto customer = in.parsed("tax_code", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto kind = in.parsed("kind", parse_service_kind);
  const auto grade = in.integer("grade", kHeaviestGrade, kLightestGrade);
  auto note = in.optional_parsed("note", parse_service_note, kMaxServiceNote + 1);
  const auto came_at = in.optional_parsed("came_at", parse_instant);
  KIP_TRY_VOID(in.finish(kStrict));
  const Instant now = services.recorder.now();
  KIP_TRY(const std::int64_t number,
          services.service.take_call(call.actor,
                                     {RequestId::make(now, {}), *std::move(customer), *std::move(product), *kind,
                                      static_cast<int>(grade), note.value_or(std::string()), came_at.value_or(now)}));
  return show_request(services, call, number, 201);
}

Result<Response> list_requests(const Services& services, const Call& call) {
  KIP_TRY(const ServiceFilter filter, ServiceFilter::parse(call.target.query));
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const ServicePage page, find_requests(unit->projection(), services.board, filter, now));
  json::Array list;
  for (const ServiceEntry& entry : page.entries)
    list.push_back(service_entry_json(entry));
  json::Object out{{"as_of", format_instant(now)}, {"requests", std::move(list)}};
  put_page_end(out, filter, page.entries.size(), page.total);
  return json_response(200, std::move(out));
}

Result<std::int64_t> path_number(const Call& call) {
  const std::string& text = call.params.find("number")->second;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value > 0) return value;
  return fail(ErrorCode::not_found, fmt::format("\"{}\" is no number", printable_line(text.substr(0, 40))));
}

Result<Response> get_request(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call));
  return show_request(services, call, number);
}

template <Result<void> (ServiceDesk::*happen)(const Actor&, std::int64_t, const std::string&)>
Result<Response> take_step(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call));
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "step");
  const auto note = in.optional_parsed("note", parse_service_note, kMaxServiceNote + 1);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY_VOID((services.service.*happen)(call.actor, number, note.value_or(std::string())));
  return show_request(services, call, number);
}

Result<Response> take_visit(const Services& services, const Call& call) {
  KIP_TRY(const std::int64_t number, path_number(call));
  KIP_TRY(json::Value body, read_members(call, {"from", "to", "note", "signed_minutes"}));
  body.as_object()->emplace("number", number);
  KIP_TRY(const ServiceVisited visited, read_service_visited(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.service.visit(call.actor, visited));
  return show_request(services, call, number);
}

Result<Response> list_shares(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto months, find_shares(unit->projection(), services.board, now));
  json::Object out = page_json("shares", months, page, promise_month_json);
  out.emplace("as_of", format_instant(now));
  return json_response(200, std::move(out));
}

Result<Response> show_inspections(const Services& services, const Call& call, const ServiceFilter& filter) {
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const InspectionPage page, find_inspections(unit->projection(), services.board, filter, now));
  json::Array list;
  for (const CustomerInspections& one : page.entries)
    list.push_back(inspections_json(one));
  json::Object out{{"as_of", format_instant(now)}, {"inspections", std::move(list)}};
  put_page_end(out, filter, page.entries.size(), page.total);
  return json_response(200, std::move(out));
}

Result<Response> list_inspections(const Services& services, const Call& call) {
  KIP_TRY(const ServiceFilter filter, ServiceFilter::parse(call.target.query));
  if (filter.kind || filter.promise || filter.open) {
    return fail(ErrorCode::usage, "there are the parameters state, customer, product, offset and limit");
  }
  return show_inspections(services, call, filter);
}

Result<Response> record_inspection(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"customer", "product", "on", "note", "record"}));
  KIP_TRY(const InspectionRecorded recorded, read_inspection_recorded(body, call.actor.name));
  KIP_TRY_VOID(services.service.inspect(call.actor, recorded));
  return show_inspections(services, call, {.customer = recorded.customer, .product = recorded.product});
}

}  // namespace

std::vector<Route> service_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  constexpr BodyKind kNone = BodyKind::none;
  constexpr BodyKind kWhole = BodyKind::whole;
  return {
      {"POST", "/v1/tenants/{tenant}/terms", staff(StaffAction::promises_register), BodyKind::large,
       with(import_terms)},
      {"GET", "/v1/tenants/{tenant}/service-promises", kReader, kNone, with(list_promises)},
      {"POST", "/v1/tenants/{tenant}/service-requests", kInstall, kWhole, with(take_request)},
      {"GET", "/v1/tenants/{tenant}/service-requests", kReader, kNone, with(list_requests)},
      {"POST", "/v1/tenants/{tenant}/service-calls", staff(StaffAction::service_record), kWhole, with(take_call)},
      {"GET", "/v1/tenants/{tenant}/service-requests/{number}", kReader, kNone, with(get_request)},
      {"POST", "/v1/tenants/{tenant}/service-requests/{number}/answer", staff(StaffAction::service_record), kWhole,
       with(take_step<&ServiceDesk::answer>)},
      {"POST", "/v1/tenants/{tenant}/service-requests/{number}/remote-failure", staff(StaffAction::service_record),
       kWhole, with(take_step<&ServiceDesk::fail_remote>)},
      {"POST", "/v1/tenants/{tenant}/service-requests/{number}/resolution", staff(StaffAction::service_record), kWhole,
       with(take_step<&ServiceDesk::resolve>)},
      {"POST", "/v1/tenants/{tenant}/service-requests/{number}/visits", staff(StaffAction::service_record), kWhole,
       with(take_visit)},
      {"GET", "/v1/tenants/{tenant}/service-shares", kReader, kNone, with(list_shares)},
      {"GET", "/v1/tenants/{tenant}/inspections", kReader, kNone, with(list_inspections)},
      {"POST", "/v1/tenants/{tenant}/inspections", staff(StaffAction::service_record), kWhole, with(record_inspection)},
  };
}

}  // namespace kip::server
