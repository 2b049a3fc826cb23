#pragma once

#include <manifests/codec/json.hpp>

namespace kip::server {

/// The JSON Schema (2020-12) of a shape, the short form in which server/http/openapi/*.json say what bodies look like.
/// A shape is
///
/// - a word: "text", "integer", "count" (0 or more), "boolean", "instant", "date", "digest" (SHA-256 in hexadecimal),
///   "base64"
/// - a name with a capital letter: the schema of that name in the document
/// - "=a|b|c": one of these texts
/// - [shape]: a list
/// - {"name": shape, "other?": shape}: an object with these members and no other; "?" marks one that may be missing
/// - {"*": shape}: an object with any members of that shape
/// - {"$": {…}}: a schema as it stands
///
/// Anything else is a defect and ends the process. Pure.
json::Value schema_of_shape(const json::Value& shape);

}  // namespace kip::server
