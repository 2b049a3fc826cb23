#pragma once

#include <string>

#include <manifests/codec/json.hpp>

namespace kip::testing {

/// What of a value does not follow a JSON Schema (2020-12), with the place; empty where all does. Knows the keywords
/// that our schemas use and is strict: any other keyword is a fault of the schema. `document` is what "#/..." points
/// into.
std::string schema_fault(const json::Value& document, const json::Value& schema, const json::Value& value);

/// The value at a JSON pointer such as "#/components/schemas/Act"; null where there is none.
const json::Value* at_pointer(const json::Value& document, std::string_view pointer);

}  // namespace kip::testing
