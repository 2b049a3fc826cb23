#include <fmt/format.h>

#include <server/http/api.hpp>
#include <server/http/http_metrics.hpp>

namespace kip::server {
namespace {

Result<Response> show_readiness(const Services& services) {
  std::string wrong;
  json::Array checks;
  for (const ReadinessCheck& check : services.health.readiness()) {
    checks.push_back(json::Object{{"name", check.name}, {"ok", check.ok()}});
    if (!check.ok()) wrong += fmt::format("{}{}: {}", wrong.empty() ? "" : "; ", check.name, check.detail);
  }
  if (!wrong.empty()) return fail(ErrorCode::busy, wrong);
  return json_response(200, json::Object{{"status", "ready"}, {"checks", std::move(checks)}});
}

/// `process`: what is the whole process's.
Result<Response> show_metrics(const Services& services, const std::string& process) {
  Response out;
  out.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8").set("Cache-Control", "no-store");
  out.body = process + gauges_text(services.health.gauges(), {{"tenant", services.recorder.tenant().str()}});
  return out;
}

}  // namespace

std::vector<Route> operations_routes(const Services& services) {
  const auto readiness = [services](const Call&) { return show_readiness(services); };
  return {
      {"GET", "/readyz", kOperator, BodyKind::none, readiness},
      {"GET", "/t/{tenant}/readyz", kOperator, BodyKind::none, readiness},
      {"GET", "/metrics", kOperator, BodyKind::none,
       [services](const Call&) { return show_metrics(services, services.process_metrics()); }},
      {"GET", "/t/{tenant}/metrics", kOperator, BodyKind::none,
       [services](const Call&) { return show_metrics(services, {}); }},
  };
}

}  // namespace kip::server
