#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>

namespace kip {

/// DSSE payload types of what is signed here. Each statement also names its tenant, so that a signature made for one
/// purpose or vendor is worth nothing for another.
inline constexpr std::string_view kEventType = "application/vnd.kip.event+json";
inline constexpr std::string_view kReceiptType = "application/vnd.kip.receipt+json";
inline constexpr std::string_view kAcknowledgementType = "application/vnd.kip.acknowledgement+json";
inline constexpr std::string_view kEnrolmentType = "application/vnd.kip.enrolment+json";

/// Something that happened, as it is signed and kept for ever; every table is a projection of these.
/// Format: docs/formats/event.md, "kip.event/1".
struct Event {
  EventId id;
  TenantId tenant;
  std::string origin;    ///< the server that recorded it, its public URL
  std::string type;      ///< "act.registered", "release.published", ...
  Instant claimed_time;  ///< by the recording server's own clock: a claim until a time stamp covers it
  std::string actor;     ///< who caused it, as authenticated: "staff:an", "install:01J…", "server"
  json::Value body;      ///< by type
};

/// Errors: malformed.
Result<Event> parse_event(BytesView payload);
json::Value to_json(const Event& event);

}  // namespace kip
