#include "documented.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <server/http/openapi.hpp>
#include <testing/json_schema.hpp>

#include "world.hpp"

namespace kip::server::testing {
namespace {

constexpr json::Limits kAnswers{.bytes = 64U << 20U, .depth = 32, .values = 10'000'000};

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  path.remove_prefix(1);
  while (true) {
    const auto end = std::min(path.find('/'), path.size());
    out.emplace_back(path.substr(0, end));
    if (end == path.size()) return out;
    path.remove_prefix(end + 1);
  }
}

bool matches(const std::vector<std::string>& parts, const std::vector<std::string>& segments) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i >= segments.size()) return false;
    if (parts[i].ends_with("...}")) return true;
    if (!parts[i].starts_with('{') && parts[i] != segments[i]) return false;
  }
  return parts.size() == segments.size();
}

/// Where the query cannot be read, without it.
Result<Target> target_of(const Documented::Exchange& exchange) {
  auto whole = parse_target(exchange.target);
  return whole ? std::move(whole) : parse_target(exchange.target.substr(0, exchange.target.find('?')));
}

}  // namespace

std::string documented_path(std::string_view pattern) {
  std::string out(pattern);
  if (const auto dots = out.find("..."); dots != std::string::npos) out.erase(dots, 3);
  return out;
}

Documented::Documented(const std::vector<Route>& routes) : routes_(routes), document_(openapi_document(routes)) {}

const Route* Documented::route_of(const Exchange& exchange, const Target& target) const {
  const std::string method = exchange.method == "HEAD" ? "GET" : exchange.method;
  const auto found = std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.method == method && matches(split(route.pattern), target.segments);
  });
  return found == routes_.end() ? nullptr : &*found;
}

const json::Value* Documented::operation_of(const Route& route) const {
  std::string method(route.method);
  std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  const json::Value* path = document_.find("paths")->find(documented_path(route.pattern));
  return path == nullptr ? nullptr : path->find(method);
}

std::string Documented::content_fault(const json::Value& content, std::string_view type, BytesView body) const {
  const std::string media(type.substr(0, type.find(';')));
  const json::Value* described = content.find(media);
  if (described == nullptr) return fmt::format("the type {} is not described", media);
  if (!media.ends_with("json")) return {};
  const auto value = json::parse(body, kAnswers);
  if (!value) return "no JSON: " + value.error().message;
  return kip::testing::schema_fault(document_, *described->find("schema"), *value);
}

std::string Documented::answer_fault(const json::Value& operation, const Response& answer) const {
  const json::Value* described = operation.find("responses")->find(std::to_string(answer.status));
  if (described == nullptr) return "the status is not described";
  if (const json::Value* pointer = described->find("$ref")) {
    described = kip::testing::at_pointer(document_, *pointer->as_text());
  }
  const std::string retry = header(answer, "Retry-After");
  if ((answer.status == 429 || answer.status == 503) && retry.empty()) return "there is no Retry-After";
  const json::Value* content = described->find("content");
  if (content == nullptr) return answer.body.empty() && !answer.file ? "" : "there is a body that is not described";
  // A file is sent as it lies on disk.
  return answer.file ? "" : content_fault(*content, header(answer, "Content-Type"), answer.body);
}

std::string Documented::request_fault(const json::Value& operation, const Exchange& exchange,
                                      const Target& target) const {
  const json::Value* parameters = operation.find("parameters");
  for (const auto& [name, value] : target.query) {
    const bool described =
        parameters != nullptr &&
        std::any_of(parameters->as_array()->begin(), parameters->as_array()->end(), [&](const json::Value& one) {
          return *one.find("in")->as_text() == "query" && *one.find("name")->as_text() == name;
        });
    if (!described) return fmt::format("the parameter {} is taken, but not described", name);
  }
  const json::Value* body = operation.find("requestBody");
  if (body == nullptr) return {};
  const json::Value* content = body->find("content");
  if (content->find("application/json") == nullptr) return {};
  return content_fault(*content, "application/json", exchange.request_body.empty() ? "{}" : exchange.request_body);
}

std::string Documented::fault(const Exchange& exchange) const {
  const auto about = [&](const std::string& what) {
    return what.empty() ? std::string()
                        : fmt::format("{} {} {}: {}", exchange.method, exchange.target, exchange.answer.status, what);
  };
  const auto target = target_of(exchange);
  const Route* route = target ? route_of(exchange, *target) : nullptr;
  if (route == nullptr) {
    static const json::Value kProblem = json::parse(R"({"$ref":"#/components/schemas/Problem"})").value();
    const auto body = json::parse(exchange.answer.body);
    return about(body ? kip::testing::schema_fault(document_, kProblem, *body) : "no problem document");
  }
  const json::Value* operation = operation_of(*route);
  if (operation == nullptr) return about("the route is not described: add it to server/http/openapi/*.json");
  if (auto wrong = answer_fault(*operation, exchange.answer); !wrong.empty()) return about("answer: " + wrong);
  if (exchange.answer.status >= 300) return {};
  const auto wrong = request_fault(*operation, exchange, *target);
  return about(wrong.empty() ? wrong : "request that was taken: " + wrong);
}

std::string Documented::name(const Exchange& exchange) const {
  const auto target = target_of(exchange);
  const Route* route = target ? route_of(exchange, *target) : nullptr;
  const json::Value* operation = route == nullptr ? nullptr : operation_of(*route);
  if (operation == nullptr) return {};
  return fmt::format("{} {}", *operation->find("operationId")->as_text(), exchange.answer.status);
}

}  // namespace kip::server::testing
