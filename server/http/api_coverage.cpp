#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

json::Value row_json(const CoverageRow& row) {
  json::Object out{{"from", row.from}, {"to", row.to}, {"state", to_string(row.state)}};
  if (!row.act.empty()) out.emplace("act", row.act);
  if (!row.reason.empty()) out.emplace("reason", row.reason);
  if (!row.by.empty()) out.emplace("by", row.by);
  return out;
}

json::Value series_json(const SeriesRegister& one) {
  json::Array rows;
  std::int64_t gaps = 0;
  for (const CoverageRow& row : one.rows) {
    if (row.state == NumberState::gap) gaps += row.to - row.from + 1;
    rows.push_back(row_json(row));
  }
  return json::Object{{"issuer", one.series.issuer},
                      {"year", one.series.year},
                      {"series", one.series.name},
                      {"gaps", gaps},
                      {"rows", std::move(rows)}};
}

Result<Response> list(const Services& services, const std::optional<std::string>& issuer, std::optional<int> year,
                      const Page& page = {}) {
  KIP_TRY(const auto all, services.coverage.list(issuer, year));
  return json_response(200, page_json("series", all, page, series_json));
}

Result<Response> list_coverage(const Services& services, const Call& call) {
  std::optional<std::string> issuer;
  std::optional<int> year;
  KIP_TRY(const Page page, read_page(call, {"issuer", "year"}));
  for (const auto& [name, value] : call.target.query) {
    if (name == "issuer") {
      KIP_TRY(issuer, normalise_issuer(value));
    } else if (name == "year") {
      KIP_TRY(const ActKey key, ActKey::parse("X:1:" + value));
      year = key.year();
    }
  }
  return list(services, issuer, year, page);
}

Result<Response> dispose(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body,
          read_members(call, {"issuer", "year", "series", "from", "to", "disposition", "reason"}));
  KIP_TRY(const CoverageDisposed disposed, read_coverage_disposed(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.coverage.dispose(call.actor, disposed));
  return list(services, disposed.series.issuer, disposed.series.year);
}

Result<Response> extend(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"issuer", "year", "series", "up_to", "source"}));
  KIP_TRY(const CoverageExtended extended, read_coverage_extended(body, call.actor.name, services.recorder.now()));
  KIP_TRY_VOID(services.coverage.extend(call.actor, extended));
  return list(services, extended.series.issuer, extended.series.year);
}

}  // namespace

std::vector<Route> coverage_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/v1/tenants/{tenant}/coverage", kReader, BodyKind::none, with(list_coverage)},
      {"POST", "/v1/tenants/{tenant}/coverage", staff(StaffAction::acts_register), BodyKind::whole, with(dispose)},
      {"POST", "/v1/tenants/{tenant}/coverage/extent", staff(StaffAction::acts_register), BodyKind::whole,
       with(extend)},
  };
}

}  // namespace kip::server
