#include <fmt/format.h>

#include <signing/witness/witness_handler.hpp>

namespace kip::tlog {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr int kMethodNotAllowed = 405;
constexpr int kRequestTimeout = 408;

http::Response answer_with(int status, std::string type, Bytes body) {
  http::Response out;
  out.status = status;
  out.set("Content-Type", std::move(type)).set("Cache-Control", "no-store").set("X-Content-Type-Options", "nosniff");
  out.body = std::move(body);
  return out;
}

bool reads(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

http::Response not_allowed(const char* allowed) {
  return http::problem({ErrorCode::usage, fmt::format("this address answers {} only", allowed)}, kMethodNotAllowed)
      .set("Allow", allowed);
}

}  // namespace

std::optional<http::Response> WitnessHandler::refuse_early(const http::Request& request, bool has_body) const {
  const auto target = http::parse_target(request.target);
  if (!target) return http::problem(target.error());
  if (target->path == kAddCheckpointPath) {
    if (request.method != "POST") return not_allowed("POST");
    return std::nullopt;
  }
  if (target->path != "/") return http::problem({ErrorCode::not_found, "a witness has no such address"});
  if (!reads(request)) return not_allowed("GET, HEAD");
  if (has_body) return http::problem({ErrorCode::malformed, "this request takes no body"});
  return std::nullopt;
}

std::optional<http::Response> WitnessHandler::refuse_caller(const http::Request& request) const {
  return refuse_early(request, true);
}

http::Response WitnessHandler::handle(const http::Request& request) const {
  if (auto refused = refuse_early(request, request.body != nullptr)) return *std::move(refused);
  const bool asks = !reads(request);
  http::Response out = asks ? add_checkpoint(request) : answer_with(200, std::string(kText), key_.text() + "\n");
  out.route = asks ? kAddCheckpointPath : "/";
  return out;
}

http::Response WitnessHandler::add_checkpoint(const http::Request& request) const {
  if (request.body == nullptr) return http::problem({ErrorCode::malformed, "this request needs a body"});
  Bytes body;
  bool slow = false;
  const Instant begun = clock_.now();
  const auto read = request.body->read(AddCheckpoint::kMaxBytes, [&](BytesView piece) -> Result<void> {
    body += piece;
    slow = clock_.now() - begun > kBodyTime;
    if (slow) return fail(ErrorCode::too_large, "the body took too long");
    return {};
  });
  if (slow) return http::problem(read.error(), kRequestTimeout);
  if (!read) return http::problem(read.error());
  WitnessAnswer answer = witness_.add_checkpoint(body);
  return answer_with(answer.status, std::move(answer.type), std::move(answer.body));
}

}  // namespace kip::tlog
