#include <map>
#include <memory>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/model/staff.hpp>
#include <server/http/openapi.hpp>
#include <server/http/openapi_parts.hpp>
#include <server/http/openapi_shape.hpp>

namespace kip::server {
namespace {

/// All that the files say.
struct Descriptions {
  json::Object schemas;
  std::map<std::string, json::Object, std::less<>> operations;  ///< by "METHOD pattern"
  json::Array tags;
};

json::Value parse_built_in(std::string_view text) {
  auto value = json::parse(text);
  KIP_CHECK(value.has_value());
  return *std::move(value);
}

Descriptions read_descriptions() {
  Descriptions out;
  for (const auto& [file, text] : api_descriptions()) {
    const json::Value value = parse_built_in(text);
    const std::string tag(file.substr(0, file.find('.')));
    out.tags.push_back(json::Object{{"name", tag}, {"description", *value.find("about")}});
    for (const auto& [name, shape] : *value.find("schemas")->as_object())
      KIP_CHECK(out.schemas.emplace(name, schema_of_shape(shape)).second);
    for (const auto& [route, description] : *value.find("operations")->as_object()) {
      json::Object operation = *description.as_object();
      operation.emplace("tag", tag);
      KIP_CHECK(out.operations.emplace(route, std::move(operation)).second);
    }
  }
  return out;
}

/// "act" -> "Act", "service-promise" -> "ServicePromise"
std::string schema_name(std::string_view format) {
  std::string out;
  bool upper = true;
  for (const char c : format) {
    if (c != '-') out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '-';
  }
  return out;
}

/// References from one format to another, as this document has them.
void redirect(json::Value& schema) {
  constexpr std::string_view kFormat = "urn:kip:schema:";
  if (json::Array* items = schema.as_array()) {
    for (json::Value& item : *items)
      redirect(item);
  }
  json::Object* members = schema.as_object();
  if (members == nullptr) return;
  for (auto& [name, value] : *members) {
    const std::string* text = value.as_text();
    if (name == "$ref" && text != nullptr && text->starts_with(kFormat)) {
      const std::string format = text->substr(kFormat.size(), text->rfind(':') - kFormat.size());
      value = "#/components/schemas/" + schema_name(format);
    } else {
      redirect(value);
    }
  }
}

/// What this version writes; a reader lets later minor ones pass.
void close_objects(json::Value& schema) {
  if (json::Array* items = schema.as_array()) {
    for (json::Value& item : *items)
      close_objects(item);
  }
  json::Object* members = schema.as_object();
  if (members == nullptr) return;
  for (auto& [name, value] : *members)
    close_objects(value);
  if (members->contains("type") && members->contains("properties")) members->emplace("additionalProperties", false);
}

void add_formats(json::Object& schemas) {
  for (const auto& [file, text] : api_formats()) {
    json::Value schema = parse_built_in(text);
    json::Object& members = *schema.as_object();
    members.erase("$id");
    members.erase("$schema");
    redirect(schema);
    close_objects(schema);
    KIP_CHECK(schemas.emplace(schema_name(file.substr(0, file.find('.'))), std::move(schema)).second);
  }
}

template <class Values>
json::Value names_schema(const Values& values) {
  json::Array names;
  for (const auto& value : values)
    names.emplace_back(to_string(value));
  return json::Object{{"type", "string"}, {"enum", std::move(names)}};
}

/// What stands in tables of the code.
void add_tables(json::Object& schemas) {
  std::vector<StaffAction> actions;
  for (const ActionRule& rule : action_rules())
    actions.push_back(rule.action);
  schemas.emplace("Action", names_schema(actions));
  schemas.emplace("Role", names_schema(staff_roles()));
  std::vector<ErrorCode> codes;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
    codes.push_back(static_cast<ErrorCode>(i));
  schemas.emplace("ErrorCode", names_schema(codes));
  schemas.emplace(
      "Problem",
      schema_of_shape(json::Object{
          {"type", "text"}, {"title", "text"}, {"status", "integer"}, {"detail", "text"}, {"code", "ErrorCode"}}));
}

/// Of a body or an answer: JSON of a shape, or octets of a media type or several.
json::Value content_of(const json::Value& shape) {
  const json::Value* media = shape.find("media");
  if (media == nullptr) return content("application/json", schema_of_shape(shape));
  const json::Value text = json::Object{{"type", "string"}};
  if (media->as_text() != nullptr) return content(*media->as_text(), text);
  json::Object out;
  for (const json::Value& one : *media->as_array())
    out.emplace(*one.as_text(), json::Object{{"schema", text}});
  return out;
}

/// The failures that follow from what kind of route it is.
std::set<int> usual_failures(const Route& route) {
  std::set<int> out{400, 429, 500, 503};
  if (route.caller.is_staff() || route.caller.kind == Caller::Kind::operations) out.insert({401, 403});
  if (route.caller.kind == Caller::Kind::install) out.insert(403);
  if (route.pattern.find("{tenant}") != std::string_view::npos) out.insert(404);
  if (is_repeatable(route)) out.insert({409, 422});
  if (route.body != BodyKind::none) out.insert({411, 413, 415, 507});
  return out;
}

json::Value security_of(const Caller& caller) {
  const json::Object token{{"staffToken", json::Array{to_string(caller.action)}}};
  switch (caller.kind) {
    case Caller::Kind::anyone:
      return json::Array{};
    case Caller::Kind::staff:
      return json::Array{token};
    case Caller::Kind::operations:
      return json::Array{json::Object{}, token};  // nothing is needed on the machine itself
    case Caller::Kind::staff_page:
      return json::Array{token, json::Object{{"staffBasic", json::Array{to_string(caller.action)}}}};
    case Caller::Kind::install:
      return json::Array{json::Object{{"kipInstall", json::Array{}},
                                      {"kipTime", json::Array{}},
                                      {"kipNonce", json::Array{}},
                                      {"kipSignature", json::Array{}}}};
  }
  return json::Array{};
}

/// "/t/{tenant}/targets/{path...}" -> "/t/{tenant}/targets/{path}"
std::string openapi_path(std::string_view pattern) {
  std::string out(pattern);
  if (const auto dots = out.find("...}"); dots != std::string::npos) out.erase(dots, 3);
  return out;
}

void add_path_parameters(std::string_view pattern, json::Array& out) {
  while (true) {
    const auto begin = pattern.find('{');
    if (begin == std::string_view::npos) return;
    const auto end = pattern.find('}', begin);
    std::string_view name = pattern.substr(begin + 1, end - begin - 1);
    json::Object one{{"in", "path"}, {"required", true}};
    if (name.ends_with("...")) {
      name.remove_suffix(3);
      one.emplace("description", "one or more segments; the slashes between them may be encoded");
    }
    const bool number = name == "number" || name == "waiver";
    one.emplace("name", name);
    one.emplace("schema", schema_of_shape(name == "sha256" ? "digest" : number ? "integer" : "text"));
    out.emplace_back(std::move(one));
    pattern.remove_prefix(end + 1);
  }
}

void add_query_parameters(const json::Object& description, json::Array& out) {
  const auto query = description.find("query");
  if (query == description.end()) return;
  for (const auto& [name, shape] : *query->second.as_object()) {
    const bool optional = name.ends_with('?');
    out.push_back(json::Object{{"in", "query"},
                               {"name", optional ? name.substr(0, name.size() - 1) : name},
                               {"required", !optional},
                               {"schema", schema_of_shape(shape)}});
  }
}

/// Whether its answers have an ETag: of what is no bundle of octets.
bool has_etag(const Route& route, const json::Object& description) {
  const auto done = description.find("200");
  const json::Value* media = done == description.end() ? nullptr : done->second.find("media");
  const bool kind = media == nullptr || (media->as_text() != nullptr && media->as_text()->starts_with("text/c"));
  return is_conditional(route) && kind;
}

void add_headers(const Route& route, const json::Object& description, json::Array& out) {
  if (is_repeatable(route)) {
    out.push_back(header_parameter("Idempotency-Key",
                                   "8 to 128 of A-Z a-z 0-9 . _ ~ -; sent again with the same "
                                   "request, it is answered as before and not done again"));
  }
  if (description.contains("if_match")) {
    out.push_back(header_parameter("If-Match", "the ETag of what is to be replaced"));
  }
  if (has_etag(route, description)) {
    out.push_back(header_parameter("If-None-Match", "the ETag of an answer that the client has"));
  }
}

json::Value responses_of(const Route& route, const json::Object& description, std::set<int>& failures) {
  json::Object out;
  for (const auto& [status, shape] : description) {
    if (status.size() != 3 || status.front() > '3') continue;
    json::Object one{{"description", status == "304" ? "Not modified" : "Done"}};
    if (!shape.is_null()) one.emplace("content", content_of(shape));
    out.emplace(status, std::move(one));
  }
  if (has_etag(route, description)) {
    const json::Object etag{{"ETag", header_schema("SHA-256 of the body, in quotes")}};
    out.emplace("304", json::Object{{"description", "Not modified"}, {"headers", etag}});
    out.at("200").as_object()->emplace("headers", etag);
  }
  std::set<int> here = usual_failures(route);
  if (const auto more = description.find("errors"); more != description.end()) {
    for (const json::Value& status : *more->second.as_array())
      here.insert(static_cast<int>(*status.as_integer()));
  }
  for (const int status : here)
    out.emplace(std::to_string(status),
                json::Object{{"$ref", fmt::format("#/components/responses/Problem{}", status)}});
  out.emplace("default", json::Object{{"$ref", "#/components/responses/NotHttp"}});
  failures.merge(here);
  return out;
}

json::Value operation_of(const Route& route, const json::Object& description, std::set<int>& failures) {
  json::Array parameters;
  add_path_parameters(route.pattern, parameters);
  add_query_parameters(description, parameters);
  add_headers(route, description, parameters);
  json::Object out{{"operationId", description.at("id")},
                   {"summary", description.at("summary")},
                   {"tags", json::Array{description.at("tag")}},
                   {"security", security_of(route.caller)},
                   {"responses", responses_of(route, description, failures)}};
  if (!parameters.empty()) out.emplace("parameters", std::move(parameters));
  if (const auto body = description.find("body"); body != description.end()) {
    out.emplace("requestBody", json::Object{{"required", true}, {"content", content_of(body->second)}});
  }
  return out;
}

json::Value components_of(json::Object schemas, const std::set<int>& failures) {
  json::Object responses{{"NotHttp", unrouted_response()}};
  for (const int status : failures)
    responses.emplace(fmt::format("Problem{}", status), problem_response(status));
  return json::Object{
      {"schemas", std::move(schemas)}, {"responses", std::move(responses)}, {"securitySchemes", security_schemes()}};
}

}  // namespace

json::Value openapi_document(const std::vector<Route>& routes) {
  Descriptions described = read_descriptions();
  add_formats(described.schemas);
  add_tables(described.schemas);
  std::set<int> failures;
  std::map<std::string, json::Object> paths;
  for (const Route& route : routes) {
    const auto found = described.operations.find(fmt::format("{} {}", route.method, route.pattern));
    if (found == described.operations.end()) continue;
    std::string method(route.method);
    for (char& c : method)
      c = static_cast<char>(c - 'A' + 'a');
    paths[openapi_path(route.pattern)].emplace(method, operation_of(route, found->second, failures));
  }
  return json::Object{
      {"openapi", "3.1.0"},
      {"info", json::Object{{"title", "Kịp server"},
                            {"version", "1"},
                            {"description",
                             "Distributes signed updates and keeps evidence of when each step happened. "
                             "The words and rules: docs/formats/api.md. A GET answers HEAD as well."},
                            {"license", json::Object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", json::Array{json::Object{{"url", "/"}}}},
      {"tags", std::move(described.tags)},
      {"paths", json::Object(paths.begin(), paths.end())},
      {"components", components_of(std::move(described.schemas), failures)}};
}

std::vector<std::string> described_routes() {
  std::vector<std::string> out;
  for (const auto& [route, description] : read_descriptions().operations)
    out.push_back(route);
  return out;
}

Route openapi_route(std::vector<Route> routes) {
  /// Made when it is first asked for. Shared, because a route and its handler are copied.
  struct Document {
    std::vector<Route> routes;
    std::once_flag once;
    Bytes text;
  };
  const auto document = std::make_shared<Document>();
  Route out{"GET", "/v1/openapi.json", kAnyone, BodyKind::none, {}};
  for (Route& route : routes)
    route.handler = nullptr;
  document->routes = std::move(routes);
  document->routes.push_back(out);
  out.handler = [document](const Call&) -> Result<Response> {
    std::call_once(document->once,
                   [&] { document->text = json::to_compact(openapi_document(document->routes)) + "\n"; });
    Response response;
    response.set("Content-Type", "application/json").set("Cache-Control", "no-cache");
    response.body = document->text;
    return response;
  };
  return out;
}

}  // namespace kip::server
