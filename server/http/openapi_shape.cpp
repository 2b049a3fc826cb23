#include <array>

#include <manifests/core/check.hpp>
#include <server/http/openapi_shape.hpp>

namespace kip::server {
namespace {

struct Word {
  std::string_view name;
  const char* type;
  const char* keyword = nullptr;  ///< what is said besides the type
  const char* value = nullptr;
};

constexpr std::array<Word, 7> kWords = {{
    {"text", "string"},
    {"integer", "integer"},
    {"boolean", "boolean"},
    {"instant", "string", "pattern", "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{3})?Z$"},
    {"date", "string", "pattern", "^\\d{4}-\\d{2}-\\d{2}$"},
    {"digest", "string", "pattern", "^[0-9a-f]{64}$"},
    {"base64", "string", "contentEncoding", "base64"},
}};

json::Value schema_of_choices(std::string_view choices) {
  json::Array values;
  while (true) {
    const auto end = std::min(choices.find('|'), choices.size());
    values.push_back(choices.substr(0, end));
    if (end == choices.size()) return json::Object{{"type", "string"}, {"enum", std::move(values)}};
    choices.remove_prefix(end + 1);
  }
}

json::Value schema_of_word(std::string_view word) {
  if (word.starts_with('=')) return schema_of_choices(word.substr(1));
  if (word == "count") return json::Object{{"type", "integer"}, {"minimum", 0}};
  for (const Word& one : kWords) {
    if (one.name != word) continue;
    json::Object out{{"type", one.type}};
    if (one.keyword != nullptr) out.emplace(one.keyword, one.value);
    return out;
  }
  KIP_CHECK(!word.empty() && word.front() >= 'A' && word.front() <= 'Z');
  return json::Object{{"$ref", "#/components/schemas/" + std::string(word)}};
}

json::Value schema_of_object(const json::Object& members) {
  if (const auto raw = members.find("$"); raw != members.end()) return raw->second;
  if (const auto any = members.find("*"); any != members.end()) {
    return json::Object{{"type", "object"}, {"additionalProperties", schema_of_shape(any->second)}};
  }
  json::Object properties;
  json::Array required;
  for (const auto& [name, shape] : members) {
    const bool optional = name.ends_with('?');
    const std::string plain = optional ? name.substr(0, name.size() - 1) : name;
    properties.emplace(plain, schema_of_shape(shape));
    if (!optional) required.emplace_back(plain);
  }
  json::Object out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out.emplace("required", std::move(required));
  return out;
}

}  // namespace

json::Value schema_of_shape(const json::Value& shape) {
  if (const std::string* word = shape.as_text()) return schema_of_word(*word);
  if (const json::Array* list = shape.as_array()) {
    KIP_CHECK(list->size() == 1);
    return json::Object{{"type", "array"}, {"items", schema_of_shape(list->front())}};
  }
  const json::Object* members = shape.as_object();
  KIP_CHECK(members != nullptr);
  return schema_of_object(*members);
}

}  // namespace kip::server
