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
  std::string credential = in.optional_text("credential", 64).value_or("");
  std::string from = in.optional_text("from", 64).value_or("");
  KIP_TRY_VOID(in.finish());
  return Event{*std::move(id),   *std::move(tenant), std::move(origin),     std::move(type), *time,
               std::move(actor), std::move(body),    std::move(credential), std::move(from)};
}

json::Value to_json(const Event& event) {
  json::Object out{{"format", "kip.event/1"},      {"id", event.id.str()},
                   {"tenant", event.tenant.str()}, {"origin", event.origin},
                   {"type", event.type},           {"claimed_time", format_instant(event.claimed_time)},
                   {"actor", event.actor},         {"body", event.body}};
  if (!event.credential.empty()) out.emplace("credential", event.credential);
  if (!event.from.empty()) out.emplace("from", event.from);
  return out;
}

}  // namespace kip
