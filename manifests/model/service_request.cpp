#include <algorithm>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/service_request.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxPayload = 64U << 10U;

Result<FailedUpdate> read_failed(const json::Value& value) {
  json::ObjectReader in(value, "failed update");
  auto version = in.parsed("version", Version::parse);
  auto error = in.parsed("error", parse_service_note, kMaxServiceNote + 1);
  KIP_TRY_VOID(in.finish());
  return FailedUpdate{*std::move(version), *std::move(error)};
}

}  // namespace

Result<std::string> parse_service_note(std::string_view text) {
  if (text.size() > kMaxServiceNote) return fail(ErrorCode::malformed, "is longer than 4000 octets; say it shorter");
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\t", at), text.size());
    if (!is_printable_line(text.substr(at, end - at))) {
      return fail(ErrorCode::malformed, "has control characters other than line ends");
    }
    at = end + 1;
  }
  return std::string(text);
}

Result<ServiceRequest> parse_service_request(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxPayload}));
  json::ObjectReader in(value, "service request");
  in.format("kip.service-request", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  auto id = in.parsed("id", RequestId::parse);
  auto product = in.parsed("product", ProductId::parse);
  const auto kind = in.parsed("kind", parse_service_kind);
  const auto grade = in.integer("grade", kHeaviestGrade, kLightestGrade);
  auto note = in.parsed("note", parse_service_note, kMaxServiceNote + 1);
  const auto time = in.parsed("claimed_time", parse_instant);
  const bool has_failed = in.has("failed");
  if (kind && has_failed != (*kind == ServiceKind::failed_update)) {
    in.refuse("failed", "stands exactly where the kind is failed-update");
  }
  KIP_TRY_VOID(in.finish());
  ServiceRequest out{*std::move(tenant),      *std::move(install), *std::move(id), *std::move(product), *kind,
                     static_cast<int>(grade), *std::move(note),    *time};
  if (has_failed) {
    KIP_TRY(out.failed, read_failed(*value.find("failed")));
  }
  return out;
}

json::Value to_json(const ServiceRequest& request) {
  json::Object out{{"format", "kip.service-request/1"},
                   {"tenant", request.tenant.str()},
                   {"install", request.install.str()},
                   {"id", request.id.str()},
                   {"product", request.product.str()},
                   {"kind", to_string(request.kind)},
                   {"grade", request.grade},
                   {"note", request.note},
                   {"claimed_time", format_instant(request.claimed_time)}};
  if (request.failed) {
    out.emplace("failed", json::Object{{"version", request.failed->version.str()}, {"error", request.failed->error}});
  }
  return out;
}

Result<ServiceAnswer> parse_service_answer(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = kMaxPayload}));
  json::ObjectReader in(value, "service answer");
  in.format("kip.service-answer", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  auto id = in.parsed("id", RequestId::parse);
  const auto request = in.parsed("request", Sha256Digest::parse);
  const std::int64_t number = in.integer("number", 1, INT64_MAX);
  const auto time = in.parsed("recorded_time", parse_instant);
  KIP_TRY_VOID(in.finish());
  return ServiceAnswer{*std::move(tenant), *std::move(install), *std::move(id), *request, number, *time};
}

json::Value to_json(const ServiceAnswer& answer) {
  return json::Object{{"format", "kip.service-answer/1"},
                      {"tenant", answer.tenant.str()},
                      {"install", answer.install.str()},
                      {"id", answer.id.str()},
                      {"request", answer.request.hex()},
                      {"number", answer.number},
                      {"recorded_time", format_instant(answer.recorded_time)}};
}

}  // namespace kip
