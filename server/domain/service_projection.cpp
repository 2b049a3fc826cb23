#include <array>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/service_events.hpp>
#include <server/domain/service_projection.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {
namespace {

Result<void> on_promise(const Event& event, std::int64_t, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const json::Value& promise_json = in.object("promise");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(const ServicePromise promise, read_service_promise(promise_json));
  return to.promises.put(promise);
}

Result<ServiceFacts> facts_of(const ServiceRequested& requested, Instant recorded) {
  if (const auto& call = requested.call) {
    return ServiceFacts{.number = requested.number,
                        .id = call->id,
                        .customer = requested.customer,
                        .product = call->product,
                        .kind = call->kind,
                        .grade = call->grade,
                        .note = call->note,
                        .came_at = call->came_at};
  }
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(requested.envelope));
  KIP_TRY(ServiceRequest request, parse_service_request(envelope.payload));
  return ServiceFacts{.number = requested.number,
                      .id = std::move(request.id),
                      .install = std::move(request.install),
                      .customer = requested.customer,
                      .product = std::move(request.product),
                      .kind = request.kind,
                      .grade = request.grade,
                      .note = std::move(request.note),
                      .failed = std::move(request.failed),
                      .came_at = recorded};
}

Result<ServiceRecord> require_request(Projection& from, std::int64_t number) {
  KIP_TRY(auto found, from.services.find(number));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no service request #{}", number));
  return *std::move(found);
}

Result<void> on_requested(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(const ServiceRequested requested, read_service_requested(event.body));
  KIP_TRY(ServiceFacts facts, facts_of(requested, event.claimed_time));
  if (requested.after_remote) {
    KIP_TRY(const ServiceRecord remote, require_request(to, *requested.after_remote));
    if (!remote.request.remote_failed()) {
      return fail(ErrorCode::malformed, fmt::format("request #{} has not failed", remote.number()));
    }
    facts.after_remote = requested.after_remote;
    facts.remote_failed_at = remote.request.remote_failed()->at;
  }
  std::optional<Sha256Digest> digest;
  if (!requested.call) digest = sha256(requested.envelope);
  return to.services.put({ServiceCase(std::move(facts)), digest});
}

/// Lets one thing happen to a request.
template <class Change>
Result<void> change_request(std::int64_t number, Projection& to, Change&& change) {
  KIP_TRY(ServiceRecord record, require_request(to, number));
  KIP_TRY_VOID(change(record.request));
  return to.services.put(record);
}

template <Result<void> (ServiceCase::*happen)(ServiceStep)>
Result<void> on_step(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(ServiceStepTaken taken, read_service_step(event.body, event.actor, event.claimed_time));
  return change_request(taken.number, to,
                        [&](ServiceCase& request) { return (request.*happen)(std::move(taken.step)); });
}

Result<void> on_visited(const Event& event, std::int64_t, Projection& to) {
  KIP_TRY(ServiceVisited visited, read_service_visited(event.body, event.actor, event.claimed_time));
  return change_request(visited.number, to,
                        [&](ServiceCase& request) { return request.visit(std::move(visited.visit)); });
}

Result<void> on_inspected(const Event& event, std::int64_t index, Projection& to) {
  KIP_TRY(InspectionRecorded recorded, read_inspection_recorded(event.body, event.actor));
  return to.inspections.put(
      {index, std::move(recorded.customer), std::move(recorded.product), std::move(recorded.inspection)});
}

struct Row {
  std::string_view type;
  Result<void> (*apply)(const Event&, std::int64_t, Projection&);
};

constexpr std::array<Row, 7> kRows = {{
    {event_type::kPromiseRegistered, on_promise},
    {event_type::kServiceRequested, on_requested},
    {event_type::kServiceAnswered, on_step<&ServiceCase::answer>},
    {event_type::kServiceRemoteFailed, on_step<&ServiceCase::fail_remote>},
    {event_type::kServiceResolved, on_step<&ServiceCase::resolve>},
    {event_type::kServiceVisited, on_visited},
    {event_type::kInspectionRecorded, on_inspected},
}};

}  // namespace

Result<void> project_service(const Event& event, std::int64_t index, Projection& to) {
  for (const Row& row : kRows) {
    if (row.type == event.type) return row.apply(event, index, to);
  }
  return {};
}

}  // namespace kip::server
