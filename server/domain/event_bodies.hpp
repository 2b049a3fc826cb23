#pragma once

#include <optional>
#include <string>

#include <manifests/codec/json.hpp>
#include <server/domain/records.hpp>

namespace kip::server {

/// The bodies of events, written by use cases and read by the projection. Format: docs/formats/event.md.
/// Every reader's error is malformed.

/// Computers that one enrolment code can let in.
inline constexpr std::int64_t kMaxSeats = 1000;

json::Value code_created_body(const EnrolmentCodeRecord& code);
Result<EnrolmentCodeRecord> read_code_created(const json::Value& body);

}  // namespace kip::server
