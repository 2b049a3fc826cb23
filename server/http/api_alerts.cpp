#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kDefaultPage = 100;

Result<Response> list_alerts(const Services& services, const Call& call) {
  bool only_open = false;
  std::optional<AlertId> before;
  std::size_t limit = kDefaultPage;
  for (const auto& [name, value] : call.target.query) {
    if (name == "open" && (value == "true" || value == "false")) {
      only_open = value == "true";
    } else if (name == "before") {
      KIP_TRY(before, AlertId::parse(value));
    } else if (name == "limit") {
      KIP_TRY(limit, read_number(name, value, 1, Alerts::kMaxPage));
    } else {
      return fail(ErrorCode::usage, "there are the parameters open (true or false), before and limit");
    }
  }
  KIP_TRY(const AlertPage page, services.alerts.list(only_open, before, limit));
  json::Array alerts;
  for (const AlertRecord& record : page.alerts)
    alerts.push_back(to_json(record));
  json::Object out{{"alerts", std::move(alerts)}};
  if (page.next) out.emplace("next", page.next->str());
  return json_response(200, std::move(out));
}

Result<Response> list_deliveries(const Services& services, const Call& call) {
  std::optional<DeliveryState> state;
  std::optional<DeliveryId> before;
  std::size_t limit = kDefaultPage;
  for (const auto& [name, value] : call.target.query) {
    if (name == "state") {
      KIP_TRY(state, parse_delivery_state(value));
    } else if (name == "before") {
      KIP_TRY(before, DeliveryId::parse(value));
    } else if (name == "limit") {
      KIP_TRY(limit, read_number(name, value, 1, Alerts::kMaxPage));
    } else {
      return fail(ErrorCode::usage, "there are the parameters state, before and limit");
    }
  }
  KIP_TRY(const DeliveryPage page, services.alerts.deliveries(state, before, limit));
  json::Array deliveries;
  for (const AlertDelivery& one : page.deliveries)
    deliveries.push_back(to_json(one));
  json::Object out{{"deliveries", std::move(deliveries)}};
  if (page.next) out.emplace("next", page.next->str());
  return json_response(200, std::move(out));
}

Result<Response> test_alerts(const Services& services, const Call& call) {
  KIP_TRY_VOID(read_members(call, {}));
  KIP_TRY(const AlertRecord record, services.alerts.test(call.actor));
  return json_response(201, to_json(record));
}

Result<Response> retry_delivery(const Services& services, const Call& call) {
  KIP_TRY_VOID(read_members(call, {}));
  KIP_TRY(const DeliveryId id, DeliveryId::parse(call.params.find("delivery")->second));
  KIP_TRY(const AlertDelivery delivery, services.alerts.retry(id));
  return json_response(200, to_json(delivery));
}

}  // namespace

std::vector<Route> alert_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  const auto manage = staff(StaffAction::alerts_manage);
  return {
      {"GET", "/v1/tenants/{tenant}/alerts", kReader, BodyKind::none, with(list_alerts)},
      {"POST", "/v1/tenants/{tenant}/alerts/test", manage, BodyKind::whole, with(test_alerts)},
      {"GET", "/v1/tenants/{tenant}/alerts/deliveries", kReader, BodyKind::none, with(list_deliveries)},
      {"POST", "/v1/tenants/{tenant}/alerts/deliveries/{delivery}/retry", manage, BodyKind::whole,
       with(retry_delivery)},
  };
}

}  // namespace kip::server
