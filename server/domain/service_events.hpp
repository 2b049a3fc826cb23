#pragma once

#include <optional>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <server/domain/service_records.hpp>

namespace kip::server {

/// The bodies of events about requests for service and inspections. Who did it and when is the event's own actor and
/// claimed time. Format: docs/formats/event.md. Every reader's error is malformed.

/// A call that staff took down.
struct ServiceCall {
  RequestId id;
  TaxCode customer;
  ProductId product;
  ServiceKind kind = ServiceKind::question;
  int grade = kLightestGrade;
  std::string note = {};
  Instant came_at;

  bool operator==(const ServiceCall&) const = default;
};

/// A request with its number. Exactly one of `envelope` and `call`.
struct ServiceRequested {
  std::int64_t number = 0;
  TaxCode customer;
  std::optional<std::int64_t> after_remote = {};  ///< the remote request that failed
  Bytes envelope = {};                            ///< as the install has signed it, verified before it was recorded
  std::optional<ServiceCall> call = {};
};

json::Value service_requested_body(const ServiceRequested& requested);
Result<ServiceRequested> read_service_requested(const json::Value& body);

/// Something that was recorded about a request: an answer, that remote help failed, a resolution.
struct ServiceStepTaken {
  std::int64_t number = 0;
  ServiceStep step;
};

json::Value service_step_body(const ServiceStepTaken& taken);
Result<ServiceStepTaken> read_service_step(const json::Value& body, std::string_view actor, Instant at);

struct ServiceVisited {
  std::int64_t number = 0;
  ServiceVisit visit;
};

json::Value service_visited_body(const ServiceVisited& visited);
Result<ServiceVisited> read_service_visited(const json::Value& body, std::string_view actor, Instant at);

struct InspectionRecorded {
  TaxCode customer;
  ProductId product;
  Inspection inspection;
};

json::Value inspection_recorded_body(const InspectionRecorded& recorded);
Result<InspectionRecorded> read_inspection_recorded(const json::Value& body, std::string_view actor);

}  // namespace kip::server
