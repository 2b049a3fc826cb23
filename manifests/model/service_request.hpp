#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/version.hpp>
#include <manifests/model/service_promise.hpp>

namespace kip {

using RequestId = Ulid<struct ServiceRequestTag>;

/// DSSE payload types of a request and of the server's answer to it.
inline constexpr std::string_view kServiceRequestType = "application/vnd.kip.service-request+json";
inline constexpr std::string_view kServiceAnswerType = "application/vnd.kip.service-answer+json";

inline constexpr std::size_t kMaxServiceNote = 4000;

/// The update that went wrong.
struct FailedUpdate {
  Version version;
  std::string error;

  bool operator==(const FailedUpdate&) const = default;
};

/// What a customer's computer asks for, signed by the install's key. `id` is made where the request is made, so that
/// sending it again is the same request. Format: docs/formats/service.md, "kip.service-request/1".
struct ServiceRequest {
  TenantId tenant;
  InstallId install;
  RequestId id;
  ProductId product;
  ServiceKind kind = ServiceKind::question;
  int grade = kLightestGrade;
  std::string note;
  Instant claimed_time;                     ///< by the install's own clock
  std::optional<FailedUpdate> failed = {};  ///< exactly where the kind is failed_update

  bool operator==(const ServiceRequest&) const = default;
};

/// Words of people, which others will read: not longer than kMaxServiceNote, no control characters but line ends and
/// tabs. Errors: malformed.
Result<std::string> parse_service_note(std::string_view text);

/// Errors: malformed.
Result<ServiceRequest> parse_service_request(BytesView payload);
json::Value to_json(const ServiceRequest& request);

/// The server's signed word that a request is durable and has its number. Format: "kip.service-answer/1".
struct ServiceAnswer {
  TenantId tenant;
  InstallId install;
  RequestId id;
  Sha256Digest request;  ///< of the request's envelope
  std::int64_t number = 1;
  Instant recorded_time;

  bool operator==(const ServiceAnswer&) const = default;
};

/// Errors: malformed.
Result<ServiceAnswer> parse_service_answer(BytesView payload);
json::Value to_json(const ServiceAnswer& answer);

}  // namespace kip
