#pragma once

#include <manifests/codec/json.hpp>
#include <server/domain/service_lists.hpp>

namespace kip::server {

// How the API writes requests for service and inspections. Format: docs/formats/api.md.

/// The case with who asks and how each promise about it stands; "explanation" in each language.
json::Value service_entry_json(const ServiceEntry& entry);
/// What an install is told beside the signed answer: each promise with its state and due instant.
json::Array brief_promises_json(const ServiceView& view);
json::Value promise_month_json(const PromiseMonth& month);
json::Value inspections_json(const CustomerInspections& inspections);

}  // namespace kip::server
