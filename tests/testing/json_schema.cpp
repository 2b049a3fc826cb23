#include <algorithm>
#include <functional>
#include <map>
#include <regex>

#include <fmt/format.h>

#include <manifests/core/bytes.hpp>
#include <testing/json_schema.hpp>

namespace kip::testing {
namespace {

using json::Value;

struct Place {
  const Value& document;
  const Value& schema;  ///< whose keyword it is
  const Value& value;
  std::string path;
};

std::string check(const Value& document, const Value& schema, const Value& value, const std::string& path);

std::string fault(const Place& at, const std::string& what) {
  return fmt::format("{}: {}: {}", at.path, what, json::to_compact(at.value).substr(0, 200));
}

std::string kind(const Value& value) {
  if (value.is_null()) return "null";
  if (value.as_bool() != nullptr) return "boolean";
  if (value.as_integer() != nullptr) return "integer";
  if (value.as_text() != nullptr) return "string";
  return value.as_array() != nullptr ? "array" : "object";
}

std::string check_members(const Place& at, const Value& properties) {
  for (const auto& [name, schema] : *properties.as_object()) {
    const Value* member = at.value.find(name);
    if (member == nullptr) continue;
    if (auto wrong = check(at.document, schema, *member, at.path + "." + name); !wrong.empty()) return wrong;
  }
  return {};
}

std::string check_others(const Place& at, const Value& rule) {
  if (at.value.as_object() == nullptr) return {};
  const Value* properties = at.schema.find("properties");
  for (const auto& [name, member] : *at.value.as_object()) {
    if (properties != nullptr && properties->find(name) != nullptr) continue;
    if (auto wrong = check(at.document, rule, member, at.path + "." + name); !wrong.empty()) {
      return fmt::format("\"{}\" is not described; {}", name, wrong);
    }
  }
  return {};
}

std::string check_required(const Place& at, const Value& names) {
  if (at.value.as_object() == nullptr) return {};
  for (const Value& name : *names.as_array()) {
    if (at.value.find(*name.as_text()) == nullptr) return fault(at, *name.as_text() + " is missing");
  }
  return {};
}

std::string check_items(const Place& at, const Value& schema) {
  if (at.value.as_array() == nullptr) return {};
  std::size_t index = 0;
  for (const Value& item : *at.value.as_array()) {
    if (auto wrong = check(at.document, schema, item, fmt::format("{}[{}]", at.path, index++)); !wrong.empty())
      return wrong;
  }
  return {};
}

std::string check_enum(const Place& at, const Value& values) {
  const auto& all = *values.as_array();
  return std::find(all.begin(), all.end(), at.value) != all.end() ? "" : fault(at, "is none of the values");
}

std::string check_pattern(const Place& at, const Value& pattern) {
  const std::string* text = at.value.as_text();
  if (text == nullptr || std::regex_search(*text, std::regex(*pattern.as_text()))) return {};
  return fault(at, "does not match " + *pattern.as_text());
}

std::string check_encoding(const Place& at, const Value& encoding) {
  const std::string* text = at.value.as_text();
  if (*encoding.as_text() != "base64") return fault(at, "unknown encoding");
  return text == nullptr || from_base64(*text) ? "" : fault(at, "is no base64");
}

std::string check_bounds(const Place& at, const Value& bound, bool least) {
  const std::int64_t limit = *bound.as_integer();
  std::int64_t size = 0;
  if (at.value.as_integer() != nullptr) size = *at.value.as_integer();
  if (at.value.as_text() != nullptr) size = static_cast<std::int64_t>(at.value.as_text()->size());
  if (at.value.as_array() != nullptr) size = static_cast<std::int64_t>(at.value.as_array()->size());
  return (least ? size >= limit : size <= limit) ? "" : fault(at, fmt::format("is beyond {}", limit));
}

std::string check_one_of(const Place& at, const Value& schemas) {
  std::size_t passed = 0;
  std::string last;
  for (const Value& schema : *schemas.as_array()) {
    std::string wrong = check(at.document, schema, at.value, at.path);
    if (wrong.empty()) ++passed;
    if (!wrong.empty()) last = std::move(wrong);
  }
  return passed == 1 ? "" : fault(at, fmt::format("follows {} of the alternatives ({})", passed, last));
}

std::string check_if(const Place& at, const Value& condition) {
  const bool holds = check(at.document, condition, at.value, at.path).empty();
  const Value* then = at.schema.find(holds ? "then" : "else");
  return then == nullptr ? std::string() : check(at.document, *then, at.value, at.path);
}

using Keyword = std::function<std::string(const Place&, const Value&)>;

const std::map<std::string, Keyword, std::less<>>& keywords() {
  const Keyword nothing = [](const Place&, const Value&) { return std::string(); };
  const Keyword least = [](const Place& at, const Value& bound) { return check_bounds(at, bound, true); };
  const Keyword most = [](const Place& at, const Value& bound) { return check_bounds(at, bound, false); };
  static const std::map<std::string, Keyword, std::less<>> kKeywords = {
      {"type",
       [](const Place& at, const Value& type) {
         return *type.as_text() == kind(at.value) ? std::string() : fault(at, "is no " + *type.as_text());
       }},
      {"$ref",
       [](const Place& at, const Value& pointer) {
         const Value* target = at_pointer(at.document, *pointer.as_text());
         return target == nullptr ? fault(at, "no " + *pointer.as_text())
                                  : check(at.document, *target, at.value, at.path);
       }},
      {"const", [](const Place& at,
                   const Value& value) { return at.value == value ? std::string() : fault(at, "is another value"); }},
      {"properties", check_members},
      {"additionalProperties", check_others},
      {"required", check_required},
      {"items", check_items},
      {"enum", check_enum},
      {"pattern", check_pattern},
      {"contentEncoding", check_encoding},
      {"oneOf", check_one_of},
      {"if", check_if},
      {"minimum", least},
      {"minLength", least},
      {"minItems", least},
      {"maximum", most},
      {"maxLength", most},
      {"maxItems", most},
      {"then", nothing},
      {"else", nothing},
      {"title", nothing},
      {"description", nothing},
      {"default", nothing},
      {"format", nothing},
      {"uniqueItems", nothing},
  };
  return kKeywords;
}

std::string check(const Value& document, const Value& schema, const Value& value, const std::string& path) {
  if (const bool* all = schema.as_bool()) return *all ? std::string() : path + ": must not be there";
  if (schema.as_object() == nullptr) return path + ": the schema is no object";
  for (const auto& [name, argument] : *schema.as_object()) {
    const auto keyword = keywords().find(name);
    if (keyword == keywords().end()) return fmt::format("{}: unknown keyword {}", path, name);
    const Place at{document, schema, value, path};
    if (auto wrong = keyword->second(at, argument); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

std::string schema_fault(const Value& document, const Value& schema, const Value& value) {
  return check(document, schema, value, "$");
}

const Value* at_pointer(const Value& document, std::string_view pointer) {
  if (!pointer.starts_with('#')) return nullptr;
  pointer.remove_prefix(1);
  const Value* out = &document;
  while (out != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    out = out->find(pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return out;
}

}  // namespace kip::testing
