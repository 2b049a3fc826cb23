// The OpenAPI document and the server are the same thing said twice. That every answer which a test sees follows the
// document is checked by World::call(), in whichever test it is made.

#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/http/openapi.hpp>
#include <server/http/openapi_shape.hpp>
#include <testing/json_schema.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class OpenApi : public ::testing::Test {
 protected:
  const json::Value& operation(const Route& route) {
    std::string method(route.method);
    for (char& c : method)
      c = static_cast<char>(c | 0x20);
    static const json::Value kNone;
    const json::Value* path = document().find("paths")->find(documented_path(route.pattern));
    const json::Value* found = path == nullptr ? nullptr : path->find(method);
    return found == nullptr ? kNone : *found;
  }
  const json::Value& document() { return documented(world.services).document(); }
  std::vector<Route> routes() { return all_routes(world.services); }

  World world;
};

TEST_F(OpenApi, EveryRouteIsDescribedAndNothingElseIs) {
  std::set<std::string> routes_there;
  for (const Route& route : routes()) {
    routes_there.insert(fmt::format("{} {}", route.method, route.pattern));
    EXPECT_NE(operation(route).as_object(), nullptr)
        << route.method << " " << route.pattern << " is not described: add it to server/http/openapi/*.json";
  }
  for (const std::string& described : described_routes())
    EXPECT_TRUE(routes_there.contains(described)) << described << " is described, and there is no such route";
  std::size_t operations = 0;
  for (const auto& [path, item] : *document().find("paths")->as_object())
    operations += item.as_object()->size();
  EXPECT_EQ(operations, routes_there.size());
}

TEST_F(OpenApi, SaysWhoMayCall) {
  for (const Route& route : routes()) {
    const std::string security = json::to_compact(*operation(route).find("security"));
    switch (route.caller.kind) {
      case Caller::Kind::anyone:
        EXPECT_EQ(security, "[]");
        break;
      case Caller::Kind::staff:
        EXPECT_EQ(security, fmt::format(R"([{{"staffToken":["{}"]}}])", to_string(route.caller.action)));
        break;
      case Caller::Kind::staff_page:
        EXPECT_THAT(security, HasSubstr("staffBasic"));
        break;
      case Caller::Kind::operations:
        EXPECT_EQ(security, R"([{},{"staffToken":["read"]}])");
        break;
      case Caller::Kind::install:
        EXPECT_THAT(security, HasSubstr("kipSignature"));
        break;
    }
  }
}

TEST_F(OpenApi, IsServedToAnyone) {
  const Response answer = world.call("GET", "/v1/openapi.json");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(parse_json(answer), document());
  EXPECT_EQ(*parse_json(answer).find("openapi")->as_text(), "3.1.0");
}

TEST_F(OpenApi, NamesAreUniqueAndOfOneKind) {
  std::set<std::string> ids;
  for (const Route& route : routes()) {
    const std::string id = *operation(route).find("operationId")->as_text();
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_TRUE(std::regex_match(id, std::regex("[a-z]+([A-Z][a-z]*)*"))) << id;
    if (route.method == "GET") {
      EXPECT_TRUE(std::regex_match(id, std::regex("(list|get|export).*"))) << id;
    }
  }
}

TEST_F(OpenApi, EveryListComesInPages) {
  for (const Route& route : routes()) {
    const std::string id = *operation(route).find("operationId")->as_text();
    if (!id.starts_with("list")) continue;
    const std::string text = json::to_compact(operation(route));
    EXPECT_THAT(text, HasSubstr(R"("name":"limit")")) << id;
    EXPECT_THAT(text,
                AnyOf(HasSubstr(R"("name":"offset")"), HasSubstr(R"("name":"after")"), HasSubstr(R"("name":"before")")))
        << id;
  }
}

void expect_closed(const json::Value& document, const json::Value& value, const std::string& where) {
  if (const json::Array* items = value.as_array()) {
    for (const json::Value& item : *items)
      expect_closed(document, item, where);
  }
  if (value.as_object() == nullptr) return;
  if (value.find("properties") != nullptr && value.find("type") != nullptr) {
    EXPECT_NE(value.find("additionalProperties"), nullptr) << where;
  }
  for (const auto& [name, member] : *value.as_object()) {
    if (name == "$ref") {
      EXPECT_NE(kip::testing::at_pointer(document, *member.as_text()), nullptr) << *member.as_text();
    }
    expect_closed(document, member, where + "/" + name);
  }
}

TEST_F(OpenApi, EachObjectSaysWhatElseItMayHoldAndEachReferenceLeadsSomewhere) {
  expect_closed(document(), document(), "#");
}

TEST_F(OpenApi, WhatIsNotDescribedIsNoticed) {
  const Documented& check = documented(world.services);
  const std::string at = "/v1/tenants/an-phat/acts";
  const auto fault = [&](const Response& answer) { return check.fault({"GET", at, {}, answer}); };
  const json::Object good{{"acts", json::Array{}}, {"total", 0}};
  EXPECT_EQ(fault(json_response(200, good)).find("described"), std::string::npos);
  json::Object more = good;
  more.emplace("more", 1);
  EXPECT_THAT(fault(json_response(200, more)), HasSubstr("more"));
  EXPECT_THAT(fault(json_response(200, json::Object{})), HasSubstr("acts is missing"));
  EXPECT_THAT(fault(json_response(200, json::Object{{"acts", 1}, {"total", 0}})), HasSubstr("is no array"));
  EXPECT_THAT(fault(json_response(202, good)), HasSubstr("status is not described"));
  EXPECT_THAT(fault(problem({ErrorCode::busy, ""}).set("Retry-After", "")), HasSubstr("Retry-After"));
  Response page = json_response(200, good);
  page.set("Content-Type", "text/html");
  EXPECT_THAT(fault(page), HasSubstr("text/html"));
}

TEST(Shape, IsWrittenOutAsASchema) {
  const auto schema = [](const char* text) { return json::to_compact(schema_of_shape(json::parse(text).value())); };
  EXPECT_EQ(schema(R"("count")"), R"({"minimum":0,"type":"integer"})");
  EXPECT_EQ(schema(R"("=a|b")"), R"({"enum":["a","b"],"type":"string"})");
  EXPECT_EQ(schema(R"(["Act"])"), R"({"items":{"$ref":"#/components/schemas/Act"},"type":"array"})");
  EXPECT_EQ(schema(R"({"a":"text","b?":"boolean"})"),
            R"({"additionalProperties":false,"properties":{"a":{"type":"string"},"b":{"type":"boolean"}},)"
            R"("required":["a"],"type":"object"})");
  EXPECT_EQ(schema(R"({"*":"text"})"), R"({"additionalProperties":{"type":"string"},"type":"object"})");
}

}  // namespace
}  // namespace kip::server::testing
