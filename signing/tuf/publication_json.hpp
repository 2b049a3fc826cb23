#pragma once

#include <manifests/codec/json.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::tuf {

/// What officers hand in, as JSON: {"root": [base64, ...], "targets": base64, "product-NAME": base64}; each may be
/// missing. Format: docs/formats/api.md.
json::Value to_json(const Publication& publication);
/// Nothing of it is verified. Errors: malformed.
Result<Publication> read_publication(const json::Value& documents);

}  // namespace kip::tuf
