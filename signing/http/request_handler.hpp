#pragma once

#include <optional>

#include <signing/http/message.hpp>

namespace kip::http {

/// Who answers the requests that HttpServer takes in. Thread-safe: the server's threads call it side by side.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Response handle(const Request& request) const = 0;
  /// What can be said before a body is read: nothing, or that there is no such address or that it takes no body.
  virtual std::optional<Response> refuse_early(const Request& request, bool has_body) const = 0;
  /// What can be said to a client that asks before it sends its body: also who may not send one.
  virtual std::optional<Response> refuse_caller(const Request& request) const = 0;
};

}  // namespace kip::http
