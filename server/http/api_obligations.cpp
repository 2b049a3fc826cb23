#include <manifests/model/obligation_export.hpp>
#include <server/domain/obligation_filter.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

Result<std::vector<BoardEntry>> find_obligations(const Services& services, const Call& call,
                                                 const Parameters& parameters, Detail detail, Instant now) {
  KIP_TRY(const ObligationFilter filter, ObligationFilter::parse(parameters));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  const auto may_pass = [&filter](const ObligationRecord& record) { return filter.may_pass(record); };
  KIP_TRY(auto entries, services.board.judge(unit->projection(), now, detail, may_pass));
  std::erase_if(entries, [&filter](const BoardEntry& entry) { return !filter.passes(entry); });
  return entries;
}

Result<std::vector<ExportedObligation>> exported(const Services& services, const Call& call,
                                                 const Parameters& parameters, Detail detail) {
  KIP_TRY(auto entries, find_obligations(services, call, parameters, detail, services.recorder.now()));
  std::vector<ExportedObligation> out;
  for (BoardEntry& entry : entries)
    out.push_back({std::move(entry.view), std::move(entry.act.title), std::move(entry.commitment.title)});
  return out;
}

Response file_response(Bytes body, std::string type, std::string_view name) {
  Response response;
  response.set("Content-Type", std::move(type));
  response.set("Content-Disposition", "attachment; filename=\"" + std::string(name) + "\"");
  response.body = std::move(body);
  return response;
}

Result<Response> list_obligations(const Services& services, const Call& call) {
  const Instant now = services.recorder.now();
  KIP_TRY(const Page page, read_page(call, {"state", "act", "commitment", "product", "due_from", "due_to"}));
  Parameters filter = call.target.query;
  filter.erase("limit");
  filter.erase("offset");
  KIP_TRY(const auto entries, find_obligations(services, call, filter, Detail::tallies, now));
  json::Object out = page_json("obligations", entries, page, obligation_json);
  out.emplace("as_of", format_instant(now));
  return json_response(200, std::move(out));
}

Result<Response> obligations_csv(const Services& services, const Call& call) {
  KIP_TRY(const auto obligations, exported(services, call, call.target.query, Detail::customers));
  return file_response(to_csv(obligations), "text/csv; charset=utf-8; header=present", "obligations.csv");
}

Result<Response> obligations_calendar(const Services& services, const Call& call) {
  Parameters parameters = call.target.query;
  CalendarFile file{.owner = call.tenant.str(), .made_at = services.recorder.now()};
  if (const auto language = parameters.extract("lang"); !language.empty()) {
    KIP_TRY(file.language, parse_language(language.mapped()));
  }
  KIP_TRY(const auto obligations, exported(services, call, parameters, Detail::tallies));
  return file_response(to_icalendar(obligations, file), "text/calendar; charset=utf-8; method=PUBLISH",
                       "obligations.ics");
}

}  // namespace

std::vector<Route> obligation_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/v1/tenants/{tenant}/obligations", kReader, BodyKind::none, with(list_obligations)},
      {"GET", "/v1/tenants/{tenant}/obligations.csv", kReader, BodyKind::none, with(obligations_csv)},
      {"GET", "/v1/tenants/{tenant}/obligations.ics", kReader, BodyKind::none, with(obligations_calendar)},
  };
}

}  // namespace kip::server
