#pragma once

#include <string>
#include <string_view>

#include <signing/http/message.hpp>

namespace kip::server {

/// The strong ETag of an answer's body: its SHA-256 in quotes. Source: RFC 9110, 8.8.3
std::string body_etag(BytesView body);

/// Whether a request's If-Match header lets a change of what has this ETag happen: a missing one always does, an empty
/// one never. Compares strongly: "W/…" never matches. Source: RFC 9110, 13.1.1
bool passes_if_match(const http::Request& request, std::string_view etag);

/// An answer that was asked for by GET or HEAD, with the ETag of its body; 304 without the body where the client has it
/// already (If-None-Match). Only of 200 with a body in memory that is JSON, a table or a calendar, and that has no ETag
/// yet; any other answer stays as it is. Source: RFC 9110, 13.1.2 and 15.4.5
http::Response conditional(const http::Request& request, http::Response answer);

}  // namespace kip::server
