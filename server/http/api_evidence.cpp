#include <charconv>

#include <server/http/api.hpp>

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

}  // namespace

std::vector<Route> evidence_routes(const Services& services) {
  return {{"GET", "/v1/tenants/{tenant}/evidence", Caller::staff, BodyKind::none,
           [services](const Call& call) { return export_evidence(services, call); }}};
}

}  // namespace kip::server
