#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/codec/json.hpp>
#include <server/http/router.hpp>

namespace kip::server {

/// What server/http/openapi/*.json say beside the routes: pairs of file name and content. Built in.
std::vector<std::pair<std::string_view, std::string_view>> api_descriptions();
/// The schemas of manifests/schemas that bodies refer to, the same way.
std::vector<std::pair<std::string_view, std::string_view>> api_formats();

/// The OpenAPI 3.1 document of these routes: method, path, parameters in the path, who may call and the failures that
/// follow from that come from the route; name, query, bodies and further failures from its description in
/// server/http/openapi/*.json (ARCHITECTURE.md, "How to add a route"). A route without one is left out.
json::Value openapi_document(const std::vector<Route>& routes);

/// "METHOD pattern" of every description.
std::vector<std::string> described_routes();

/// GET /v1/openapi.json of these routes and itself.
Route openapi_route(std::vector<Route> routes);

}  // namespace kip::server
