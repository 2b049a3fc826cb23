#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip::json {

class Value;
using Array = std::vector<Value>;
/// Members sorted by the bytes of their names, which for UTF-8 is the order of code points.
using Object = std::map<std::string, Value, std::less<>>;

/// A JSON value as our formats use it: there are no floating-point numbers, integers have 64 bits, text is UTF-8.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : state_(value) {}
  Value(std::int64_t value) : state_(value) {}
  Value(int value) : state_(static_cast<std::int64_t>(value)) {}
  Value(std::string value) : state_(std::move(value)) {}
  Value(std::string_view value) : state_(std::string(value)) {}
  Value(const char* value) : state_(std::string(value)) {}
  Value(Array value) : state_(std::move(value)) {}
  Value(Object value) : state_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(state_); }
  /// Null where the value is of another type.
  const bool* as_bool() const { return std::get_if<bool>(&state_); }
  const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&state_); }
  const std::string* as_text() const { return std::get_if<std::string>(&state_); }
  const Array* as_array() const { return std::get_if<Array>(&state_); }
  const Object* as_object() const { return std::get_if<Object>(&state_); }
  Array* as_array() { return std::get_if<Array>(&state_); }
  Object* as_object() { return std::get_if<Object>(&state_); }

  /// The member of an object, or null where this is no object or has no such member.
  const Value* find(std::string_view name) const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> state_;
};

/// Bounds on what parse() accepts.
struct Limits {
  std::size_t bytes = 8U << 20U;
  std::size_t depth = 32;
  std::size_t values = 1'000'000;
};

/// Reads exactly one JSON text, strictly.
/// Errors: malformed for anything RFC 8259 does not allow, duplicate member names, floating-point numbers, integers
/// outside 64 bits, text that is not UTF-8; too_large beyond a limit. The message names the place.
Result<Value> parse(BytesView text, const Limits& limits = {});

/// Compact JSON; equal values give equal bytes.
std::string to_compact(const Value& value);

/// Indented by two blanks, with a final line end, for people.
std::string to_pretty(const Value& value);

/// OLPC canonical JSON, the form over which TUF signatures are made.
/// Source: TUF specification 4.2; http://wiki.laptop.org/go/Canonical_JSON
Bytes to_canonical(const Value& value);

}  // namespace kip::json
