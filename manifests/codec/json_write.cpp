#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <manifests/codec/long_list.hpp>

namespace kip::json {
namespace {

enum class Style { compact, pretty, canonical };

void write_text(std::string& out, std::string_view text, Style style) {
  const auto stands_as_it_is = [style](char c) {
    return c != '"' && c != '\\' && (static_cast<unsigned char>(c) >= 0x20 || style == Style::canonical);
  };
  out += '"';
  for (auto at = text.begin(); at != text.end();) {
    const auto end = std::find_if_not(at, text.end(), stands_as_it_is);
    out.append(at, end);
    if (end == text.end()) break;
    if (*end == '"' || *end == '\\') {
      out += '\\';
      out += *end;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(*end)));
    }
    at = end + 1;
  }
  out += '"';
}

void write(std::string& out, const Value& value, Style style, std::size_t indent);

void new_line(std::string& out, Style style, std::size_t indent) {
  if (style == Style::pretty) out += "\n" + std::string(2 * indent, ' ');
}

void write_array(std::string& out, const Array& array, Style style, std::size_t indent) {
  out += '[';
  bool first = true;
  for (const Value& item : array) {
    if (!first) out += ',';
    first = false;
    new_line(out, style, indent + 1);
    write(out, item, style, indent + 1);
  }
  if (!first) new_line(out, style, indent);
  out += ']';
}

void write_object(std::string& out, const Object& object, Style style, std::size_t indent) {
  out += '{';
  bool first = true;
  for (const auto& [name, member] : object) {
    if (!first) out += ',';
    first = false;
    new_line(out, style, indent + 1);
    write_text(out, name, style);
    out += style == Style::pretty ? ": " : ":";
    write(out, member, style, indent + 1);
  }
  if (!first) new_line(out, style, indent);
  out += '}';
}

void write(std::string& out, const Value& value, Style style, std::size_t indent) {
  if (const auto* boolean = value.as_bool()) {
    out += *boolean ? "true" : "false";
  } else if (const auto* integer = value.as_integer()) {
    out += fmt::format("{}", *integer);
  } else if (const auto* text = value.as_text()) {
    write_text(out, *text, style);
  } else if (const auto* array = value.as_array()) {
    write_array(out, *array, style, indent);
  } else if (const auto* object = value.as_object()) {
    write_object(out, *object, style, indent);
  } else {
    out += "null";
  }
}

void write_items(std::string& out, const ItemsToGive& items) {
  out += '[';
  for (std::size_t number = 0; number < items.count; ++number) {
    if (number > 0) out += ',';
    write(out, items.give(number), Style::compact, 0);
  }
  out += ']';
}

/// About as many octets as it takes, so that a large text is not moved while it grows.
std::size_t rough_size(const Value& value) {
  constexpr std::size_t kFrame = 4;
  constexpr std::size_t kNumber = 16;
  std::size_t out = kFrame;
  if (const auto* text = value.as_text()) {
    out += text->size();
  } else if (const auto* array = value.as_array()) {
    for (const Value& item : *array)
      out += rough_size(item);
  } else if (const auto* object = value.as_object()) {
    for (const auto& [name, member] : *object)
      out += kFrame + name.size() + rough_size(member);
  } else {
    out += kNumber;
  }
  return out;
}

std::string written(const Value& value, Style style) {
  std::string out;
  if (style != Style::pretty) out.reserve(rough_size(value));
  write(out, value, style, 0);
  return out;
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto member = object->find(name);
  return member == object->end() ? nullptr : &member->second;
}

std::string to_compact(const Value& value) {
  return written(value, Style::compact);
}
std::string to_compact_long(const Object& object, const ItemsToGive& items) {
  std::string out;
  out.reserve(items.octets);
  char before = '{';
  for (const auto& [name, member] : object) {
    out += before;
    before = ',';
    write_text(out, name, Style::compact);
    out += ':';
    if (name == items.list) {
      write_items(out, items);
    } else {
      write(out, member, Style::compact, 0);
    }
  }
  out += '}';
  return out;
}
std::string to_pretty(const Value& value) {
  return written(value, Style::pretty) + "\n";
}
Bytes to_canonical(const Value& value) {
  return written(value, Style::canonical);
}

}  // namespace kip::json
