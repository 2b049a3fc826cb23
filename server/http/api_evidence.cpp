#include <charconv>

#include <server/domain/stamp_status.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>

namespace kip::server {
namespace {

Result<EvidenceScope> scope_of(const Call& call) {
  const auto& query = call.target.query;
  const auto wrong = [] {
    return fail(ErrorCode::malformed, "say what the bundle is about: obligation=NUMBER, customer=TAXCODE or scope=all");
  };
  if (query.size() != 1) return wrong();
  const auto& [name, text] = *query.begin();
  EvidenceScope out;
  if (name == "scope" && text == "all") return out;
  if (name == "customer") {
    KIP_TRY(out.customer, TaxCode::parse(text));
    return out;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (name != "obligation" || error != std::errc() || end != text.data() + text.size()) return wrong();
  out.obligation = number;
  return out;
}

Result<Response> export_evidence(const Services& services, const Call& call) {
  KIP_TRY(const EvidenceScope scope, scope_of(call));
  KIP_TRY(const EvidenceFiles files, services.evidence.make(scope));
  Response response;
  response.set("Content-Type", "application/x-tar");
  response.set("Content-Disposition", "attachment; filename=\"evidence.tar\"");
  KIP_TRY_VOID(write_evidence(files, [&](BytesView piece) -> Result<void> {
    response.body += piece;
    return {};
  }));
  return response;
}

json::Value stamp_json(const tsp::Stamp& stamp) {
  json::Object out{{"authority", stamp.authority}, {"state", tsp::to_string(stamp.state)}};
  if (stamp.state == tsp::StampState::pending) out.emplace("next_at", format_instant(stamp.next_at));
  if (stamp.refusal) out.emplace("refusal", tsp::to_string(*stamp.refusal));
  if (!stamp.problem.empty()) out.emplace("problem", stamp.problem);
  return out;
}

Result<Response> show_stamps(const Services& services) {
  KIP_TRY(const auto unit, services.store.begin(services.recorder.tenant(), Access::read));
  KIP_TRY(const StampStatus status, stamp_status(*unit));
  json::Object out{{"entries", status.entries}};
  if (status.last) {
    out.emplace("last", json::Object{{"entries", status.last->size},
                                     {"wanted_at", format_instant(status.last->wanted)},
                                     {"state", status.summary.text()}});
  }
  json::Array open;
  for (const tsp::Stamp& stamp : status.open)
    open.push_back(stamp_json(stamp));
  json::Array newest;
  for (const NewestOfAuthority& one : status.newest) {
    newest.push_back(json::Object{{"authority", one.authority},
                                  {"time", tsp::format_gen_time(one.time)},
                                  {"entries", one.covers},
                                  {"independent", one.independent}});
  }
  out.emplace("open", std::move(open));
  out.emplace("newest", std::move(newest));
  return json_response(200, std::move(out));
}

}  // namespace

std::vector<Route> evidence_routes(const Services& services) {
  return {{"GET", "/v1/tenants/{tenant}/evidence", staff(StaffAction::evidence_export), BodyKind::none,
           [services](const Call& call) { return export_evidence(services, call); }},
          {"GET", "/v1/tenants/{tenant}/stamps", kReader, BodyKind::none,
           [services](const Call&) { return show_stamps(services); }}};
}

}  // namespace kip::server
