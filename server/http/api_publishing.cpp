#include <charconv>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/openapi.hpp>
#include <server/http/rollout_json.hpp>
#include <signing/tuf/publication_json.hpp>

namespace kip::server {
namespace {

constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;
constexpr std::int64_t kMaxEvents = 1000;
constexpr std::size_t kMaxRollouts = 1000;
constexpr std::size_t kMaxReason = 1000;

Result<Response> put_target(const Services& services, const Call& call) {
  KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(call.params.at("sha256")));
  if (call.request.body == nullptr) return fail(ErrorCode::malformed, "this request needs a body");
  KIP_TRY(const auto present, services.repository.find_target(digest));
  if (present) {
    // Read and dropped, so that the connection stays in step.
    KIP_TRY_VOID(call.request.body->read(services.max_target_bytes, [](BytesView) { return Result<void>(); }));
    return json_response(200, json::Object{{"sha256", digest.hex()}, {"length", static_cast<std::int64_t>(*present)}});
  }
  KIP_TRY(const auto upload, services.repository.begin_upload(digest));
  KIP_TRY_VOID(
      call.request.body->read(services.max_target_bytes, [&](BytesView piece) { return upload->write(piece); }));
  KIP_TRY(const std::uint64_t length, upload->finish());
  return json_response(201, json::Object{{"sha256", digest.hex()}, {"length", static_cast<std::int64_t>(length)}});
}

Result<Response> publish(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "publication");
  const json::Value& documents = in.object("documents");
  auto rollouts = in.each("rollouts", read_asked_rollout, kMaxRollouts);
  const std::string reason = in.optional_text("reason", kMaxReason).value_or("");
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(tuf::Publication publication, tuf::read_publication(documents));
  if (publication.delegated.contains(kRolloutsRole)) {
    return fail(ErrorCode::usage, "the server signs the role rollouts itself; leave it out");
  }
  KIP_TRY(const HandedIn handed,
          services.proposals.hand_in(call.actor, {std::move(publication), std::move(rollouts)}, reason));
  if (handed.published) return json_response(200, published_json(*handed.published));
  json::Object waits{{"proposal", to_json(*handed.waits)}};
  add_warnings(waits, handed.warnings);
  return json_response(202, std::move(waits));
}

Result<Response> show_repository(const Services& services, const Call&) {
  KIP_TRY(const RepositoryState state, services.publisher.state());
  return json_response(200, state_json(state));
}

Result<std::int64_t> number(const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t min,
                            std::int64_t max) {
  const auto given = call.target.query.find(name);
  if (given == call.target.query.end()) return otherwise;
  std::int64_t value = 0;
  const char* end = given->second.data() + given->second.size();
  const auto [stop, error] = std::from_chars(given->second.data(), end, value);
  if (error == std::errc() && stop == end && value >= min && value <= max) return value;
  return fail(ErrorCode::malformed, fmt::format("{} must be a number from {} to {}", name, min, max));
}

Result<Response> list_events(const Services& services, const Call& call) {
  for (const auto& [name, value] : call.target.query) {
    if (name == "after" || name == "limit") continue;
    return fail(ErrorCode::usage, fmt::format("there is no parameter \"{}\"; there are after and limit",
                                              printable_line(name.substr(0, 60))));
  }
  KIP_TRY(const std::int64_t after, number(call, "after", 0, 0, INT64_MAX));
  KIP_TRY(const std::int64_t limit, number(call, "limit", 100, 1, kMaxEvents));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto events, unit->events().after(after, static_cast<std::size_t>(limit)));
  KIP_TRY(const std::int64_t last, unit->events().last_index());
  json::Array list;
  for (const StoredEvent& event : events) {
    list.push_back(json::Object{
        {"index", event.index}, {"id", event.id.str()}, {"type", event.type}, {"envelope", to_base64(event.envelope)}});
  }
  json::Object out{{"events", std::move(list)}, {"last", last}};
  if (!events.empty() && events.back().index < last) out.emplace("next", events.back().index);
  return json_response(200, std::move(out));
}

}  // namespace

std::vector<Route> publishing_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"PUT", "/v1/tenants/{tenant}/targets/{sha256}", staff(StaffAction::releases_publish), BodyKind::streamed,
       with(put_target)},
      {"POST", "/v1/tenants/{tenant}/publications", staff(StaffAction::releases_publish), BodyKind::large,
       with(publish)},
      {"GET", "/v1/tenants/{tenant}/repository", kReader, BodyKind::none, with(show_repository)},
      {"GET", "/v1/tenants/{tenant}/events", kReader, BodyKind::none, with(list_events)},
  };
}

std::vector<Route> open_routes(const Services& services) {
  return {
      {"GET", "/healthz", kAnyone, BodyKind::none,
       [](const Call&) -> Result<Response> {
         return json_response(200, json::Object{{"status", "ok"}});
       }},
      {"GET", "/t/{tenant}/metadata/{file}", kAnyone, BodyKind::none,
       [&files = services.files](const Call& call) -> Result<Response> {
         return files.metadata(call.request, call.params.at("file"));
       }},
      {"GET", "/t/{tenant}/targets/{path...}", kAnyone, BodyKind::none,
       [&files = services.files](const Call& call) -> Result<Response> {
         return files.target(call.request, call.params.at("path"));
       }},
      {"GET", "/t/{tenant}/log/{log}/{path...}", kAnyone, BodyKind::none,
       [&files = services.files](const Call& call) -> Result<Response> {
         return files.log(call.request, call.params.at("log"), call.params.at("path"));
       }},
  };
}

std::vector<Route> all_routes(const Services& services) {
  std::vector<Route> out;
  for (auto group : {registry_routes, act_routes, coverage_routes, evidence_routes, notice_routes, alert_routes,
                     service_routes, obligation_routes, install_routes, publishing_routes, rollout_routes,
                     people_routes, page_routes, operations_routes, open_routes}) {
    auto routes = group(services);
    out.insert(out.end(), std::make_move_iterator(routes.begin()), std::make_move_iterator(routes.end()));
  }
  out.push_back(openapi_route(out));
  return out;
}

}  // namespace kip::server
