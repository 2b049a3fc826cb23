#include <manifests/codec/reader.hpp>
#include <server/domain/service_events.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxNote = kMaxServiceNote + 1;
constexpr std::size_t kMaxEnvelope = 256U << 10U;

void put(json::Object& out, const char* name, const std::string& text) {
  if (!text.empty()) out.emplace(name, text);
}

std::string read_note(json::ObjectReader& in) {
  return in.optional_parsed("note", parse_service_note, kMaxNote).value_or(std::string());
}

json::Value call_json(const ServiceCall& call) {
  json::Object out{{"id", call.id.str()},
                   {"product", call.product.str()},
                   {"kind", to_string(call.kind)},
                   {"grade", call.grade},
                   {"came_at", format_instant(call.came_at)}};
  put(out, "note", call.note);
  return out;
}

Result<ServiceCall> read_call(const json::Value& value, const TaxCode& customer) {
  json::ObjectReader in(value, "call");
  auto id = in.parsed("id", RequestId::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto kind = in.parsed("kind", parse_service_kind);
  const auto grade = in.integer("grade", kHeaviestGrade, kLightestGrade);
  std::string note = read_note(in);
  const auto came_at = in.parsed("came_at", parse_instant);
  KIP_TRY_VOID(in.finish());
  return ServiceCall{*std::move(id),  customer, *std::move(product), *kind, static_cast<int>(grade),
                     std::move(note), *came_at};
}

}  // namespace

json::Value service_requested_body(const ServiceRequested& requested) {
  json::Object out{{"number", requested.number}, {"customer", requested.customer.str()}};
  if (requested.after_remote) out.emplace("after_remote", *requested.after_remote);
  if (requested.call) {
    out.emplace("call", call_json(*requested.call));
  } else {
    out.emplace("request", to_base64(requested.envelope));
  }
  return out;
}

Result<ServiceRequested> read_service_requested(const json::Value& body) {
  json::ObjectReader in(body, "service.requested");
  const auto number = in.integer("number", 1, INT64_MAX);
  auto customer = in.parsed("customer", TaxCode::parse);
  const auto after_remote = in.optional_integer("after_remote", 1, INT64_MAX);
  auto envelope = in.optional_parsed("request", from_base64, kMaxEnvelope);
  const bool has_call = in.has("call");
  if (has_call == envelope.has_value()) in.refuse("request", "stands exactly where there is no call");
  KIP_TRY_VOID(in.finish());
  ServiceRequested out{number, *std::move(customer), after_remote};
  if (envelope) out.envelope = *std::move(envelope);
  if (has_call) {
    KIP_TRY(out.call, read_call(*body.find("call"), out.customer));
  }
  return out;
}

json::Value service_step_body(const ServiceStepTaken& taken) {
  json::Object out{{"number", taken.number}};
  put(out, "note", taken.step.note);
  return out;
}

Result<ServiceStepTaken> read_service_step(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "step of a service request");
  const auto number = in.integer("number", 1, INT64_MAX);
  std::string note = read_note(in);
  KIP_TRY_VOID(in.finish());
  return ServiceStepTaken{number, {at, std::string(actor), std::move(note)}};
}

json::Value service_visited_body(const ServiceVisited& visited) {
  json::Object out{{"number", visited.number},
                   {"from", format_instant(visited.visit.from)},
                   {"to", format_instant(visited.visit.to)}};
  put(out, "note", visited.visit.note);
  if (visited.visit.signed_minutes) out.emplace("signed_minutes", visited.visit.signed_minutes->hex());
  return out;
}

Result<ServiceVisited> read_service_visited(const json::Value& body, std::string_view actor, Instant at) {
  json::ObjectReader in(body, "service.visited");
  const auto number = in.integer("number", 1, INT64_MAX);
  const auto from = in.parsed("from", parse_instant);
  const auto to = in.parsed("to", parse_instant);
  std::string note = read_note(in);
  const auto minutes = in.optional_parsed("signed_minutes", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return ServiceVisited{number, {*from, *to, std::move(note), minutes, std::string(actor), at}};
}

json::Value inspection_recorded_body(const InspectionRecorded& recorded) {
  json::Object out{{"customer", recorded.customer.str()},
                   {"product", recorded.product.str()},
                   {"on", format_date(recorded.inspection.on)}};
  put(out, "note", recorded.inspection.note);
  if (recorded.inspection.record) out.emplace("record", recorded.inspection.record->hex());
  return out;
}

Result<InspectionRecorded> read_inspection_recorded(const json::Value& body, std::string_view actor) {
  json::ObjectReader in(body, "inspection.recorded");
  auto customer = in.parsed("customer", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto on = in.parsed("on", parse_date);
  std::string note = read_note(in);
  const auto record = in.optional_parsed("record", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return InspectionRecorded{
      *std::move(customer), *std::move(product), {*on, std::string(actor), std::move(note), record}};
}

}  // namespace kip::server
