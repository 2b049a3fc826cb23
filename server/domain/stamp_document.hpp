#pragma once

#include <manifests/codec/json.hpp>
#include <signing/timestamp/stamp.hpp>

namespace kip::server {

/// A stamp as a store keeps it, all but its keys, subject and authority.
json::Value stamp_document(const tsp::Stamp& stamp);
/// Errors: malformed.
Result<tsp::Stamp> read_stamp_document(const Sha256Digest& subject, std::string authority, std::string_view text);

}  // namespace kip::server
