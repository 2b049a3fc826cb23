#include <manifests/codec/reader.hpp>
#include <manifests/model/event.hpp>

namespace kip {

Result<Event> parse_event(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload));
  json::ObjectReader in(value, "event");
  in.format("kip.event", 1);
  auto id = in.parsed("id", EventId::parse);
  auto tenant = in.parsed("tenant", TenantId::parse);
  std::string origin = in.text("origin");
  std::string type = in.text("type", 64);
  auto time = in.parsed("claimed_time", parse_instant);
  std::string actor = in.text("actor", 128);
  json::Value body = in.object("body");
  KIP_TRY_VOID(in.finish());
  return Event{*std::move(id), *std::move(tenant), std::move(origin), std::move(type),
               *time,          std::move(actor),   std::move(body)};
}

json::Value to_json(const Event& event) {
  return json::Object{{"format", "kip.event/1"},      {"id", event.id.str()},
                      {"tenant", event.tenant.str()}, {"origin", event.origin},
                      {"type", event.type},           {"claimed_time", format_instant(event.claimed_time)},
                      {"actor", event.actor},         {"body", event.body}};
}

}  // namespace kip
