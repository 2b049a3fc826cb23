#pragma once

#include <string>
#include <vector>

#include <server/http/router.hpp>

namespace kip::server::testing {

/// Compares what the server does with what its OpenAPI document says.
class Documented {
 public:
  /// Of a server with these routes.
  explicit Documented(const std::vector<Route>& routes);

  struct Exchange {
    std::string method;
    std::string target;
    std::string request_body;
    const Response& answer;
  };
  /// What about an answer is not as the document says; empty where all is.
  std::string fault(const Exchange& exchange) const;
  /// "listActs 200": which answer of which operation that was; empty where there is no such route.
  std::string name(const Exchange& exchange) const;

  const json::Value& document() const { return document_; }

 private:
  const Route* route_of(const Exchange& exchange, const Target& target) const;
  const json::Value* operation_of(const Route& route) const;
  std::string answer_fault(const json::Value& operation, const Response& answer) const;
  std::string request_fault(const json::Value& operation, const Exchange& exchange, const Target& target) const;
  std::string content_fault(const json::Value& content, std::string_view type, BytesView body) const;

  std::vector<Route> routes_;
  json::Value document_;
};

/// The path of a route as the document writes it.
std::string documented_path(std::string_view pattern);

}  // namespace kip::server::testing
