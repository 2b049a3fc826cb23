#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>

namespace kip::json {
namespace {

const Value& null_value() {
  static const Value kNull;
  return kNull;
}

const Array& no_items() {
  static const Array kEmpty;
  return kEmpty;
}

}  // namespace

ObjectReader::ObjectReader(const Value& value, std::string_view where) : value_(value), where_(where) {
  if (value.as_object() == nullptr) error_ = Error{ErrorCode::malformed, fmt::format("{} is not a JSON object", where)};
}

void ObjectReader::refuse(std::string_view name, std::string_view why, ErrorCode code) {
  if (!error_) error_ = Error{code, fmt::format("{}: \"{}\": {}", where_, name, why)};
}

const Value* ObjectReader::member(std::string_view name, bool required) {
  asked_.emplace(name);
  const Value* found = value_.find(name);
  if (found == nullptr && required) refuse(name, "is missing");
  return error_ ? nullptr : found;
}

void ObjectReader::format(std::string_view name, int major) {
  const std::string found = text("format", 64);
  if (error_) return;
  const std::string expected = fmt::format("{}/{}", name, major);
  if (found == expected || found.starts_with(expected + ".")) return;
  refuse("format", fmt::format("is \"{}\", this program reads \"{}\"", found, expected));
}

bool ObjectReader::has(std::string_view name) {
  return member(name, false) != nullptr;
}

std::string ObjectReader::text(std::string_view name, std::size_t max_bytes) {
  if (member(name, true) == nullptr) return {};
  return optional_text(name, max_bytes).value_or(std::string());
}

std::optional<std::string> ObjectReader::optional_text(std::string_view name, std::size_t max_bytes) {
  const Value* found = member(name, false);
  if (found == nullptr) return std::nullopt;
  const std::string* text = found->as_text();
  if (text == nullptr) {
    refuse(name, "is not text");
  } else if (text->size() > max_bytes) {
    refuse(name, fmt::format("has {} bytes, allowed are {}", text->size(), max_bytes), ErrorCode::too_large);
  } else {
    return *text;
  }
  return std::nullopt;
}

std::int64_t ObjectReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  if (member(name, true) == nullptr) return min;
  return optional_integer(name, min, max).value_or(min);
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const Value* found = member(name, false);
  if (found == nullptr) return std::nullopt;
  const std::int64_t* number = found->as_integer();
  if (number == nullptr) {
    refuse(name, "is not an integer");
  } else if (*number < min || *number > max) {
    refuse(name, fmt::format("is {}, allowed are {} to {}", *number, min, max));
  } else {
    return *number;
  }
  return std::nullopt;
}

bool ObjectReader::boolean(std::string_view name) {
  return member(name, true) != nullptr && boolean_or(name, false);
}

bool ObjectReader::boolean_or(std::string_view name, bool otherwise) {
  const Value* found = member(name, false);
  if (found == nullptr) return otherwise;
  const bool* flag = found->as_bool();
  if (flag == nullptr) refuse(name, "is not true or false");
  return flag != nullptr && *flag;
}

const Array& ObjectReader::array(std::string_view name, std::size_t max_items) {
  if (member(name, true) == nullptr) return no_items();
  return array_or_empty(name, max_items);
}

const Array& ObjectReader::array_or_empty(std::string_view name, std::size_t max_items) {
  const Value* found = member(name, false);
  if (found == nullptr) return no_items();
  const Array* items = found->as_array();
  if (items == nullptr) {
    refuse(name, "is not a list");
  } else if (items->size() > max_items) {
    refuse(name, fmt::format("has {} items, allowed are {}", items->size(), max_items), ErrorCode::too_large);
  } else {
    return *items;
  }
  return no_items();
}

const Value& ObjectReader::object(std::string_view name) {
  const Value* found = member(name, true);
  if (found == nullptr) return null_value();
  if (found->as_object() == nullptr) refuse(name, "is not an object");
  return *found;
}

std::vector<std::string> ObjectReader::texts_or_empty(std::string_view name, std::size_t max_items) {
  std::vector<std::string> out;
  for (const Value& item : array_or_empty(name, max_items)) {
    const std::string* text = item.as_text();
    if (text == nullptr) {
      refuse(name, "has an item that is not text");
      return {};
    }
    out.push_back(*text);
  }
  return out;
}

Result<void> ObjectReader::finish(Unknown unknown) {
  if (error_) return Unexpected(*error_);
  if (unknown == Unknown::refuse) {
    for (const auto& [name, member] : *value_.as_object()) {
      if (!asked_.contains(name)) {
        return fail(ErrorCode::malformed,
                    fmt::format("{}: unknown member \"{}\"", where_, printable_line(name.substr(0, 80))));
      }
    }
  }
  return {};
}

}  // namespace kip::json
