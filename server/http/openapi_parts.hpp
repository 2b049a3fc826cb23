#pragma once

#include <string_view>

#include <manifests/codec/json.hpp>

namespace kip::server {

// Pieces of an OpenAPI document that are the same whatever the routes are. Pure. Source: OpenAPI 3.1.0

/// A media type object for each body: {"application/json": {"schema": …}}
json::Value content(std::string_view media, json::Value schema);
/// A header of an answer.
json::Value header_schema(const char* description);
/// A header of a request.
json::Value header_parameter(const char* name, const char* description);
/// What a failure with this status is: a problem document.
json::Value problem_response(int status);
/// Of what is refused before any operation was found.
json::Value unrouted_response();
/// Every way in which callers are recognised.
json::Value security_schemes();

}  // namespace kip::server
