#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/core/unicode.hpp>
#include <server/http/conditional.hpp>
#include <server/http/router.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kBasic = "basic ";

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

bool is_parameter(std::string_view part) {
  return part.starts_with('{');
}
bool is_rest(std::string_view part) {
  return part.ends_with("...}");
}

using Params = std::map<std::string, std::string, std::less<>>;

std::optional<Params> match(const std::vector<std::string>& parts, const std::vector<std::string>& segments) {
  Params params;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i >= segments.size()) return std::nullopt;
    const std::string_view part = parts[i];
    if (is_rest(part)) {
      std::string rest = segments[i];
      for (std::size_t k = i + 1; k < segments.size(); ++k)
        rest += "/" + segments[k];
      params.emplace(part.substr(1, part.size() - 5), std::move(rest));
      return params;
    }
    // Only where several segments are taken an encoded slash is one like the others.
    if (segments[i].find('/') != std::string::npos) return std::nullopt;
    if (is_parameter(part)) {
      params.emplace(part.substr(1, part.size() - 2), segments[i]);
    } else if (part != segments[i]) {
      return std::nullopt;
    }
  }
  if (segments.size() != parts.size()) return std::nullopt;
  return params;
}

/// The secret of an Authorization header: a bearer token, or the password of HTTP Basic where that is allowed.
std::string token_of(std::string_view header, bool basic) {
  const std::string scheme = to_lower_ascii(header.substr(0, std::min(kBearer.size(), header.size())));
  if (scheme == kBearer) return std::string(trim(header.substr(kBearer.size())));
  if (!basic || !scheme.starts_with(kBasic)) return {};
  const Bytes pair = from_base64(trim(header.substr(kBasic.size()))).value_or(Bytes());
  const auto colon = pair.find(':');
  return colon == Bytes::npos ? std::string() : pair.substr(colon + 1);
}

Response with_security(Response response) {
  const auto has = [&](std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const auto& header) { return header.first == name; });
  };
  if (!has("Content-Security-Policy")) {
    response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  response.set("X-Content-Type-Options", "nosniff").set("Referrer-Policy", "no-referrer");
  return response;
}

/// What is missing: a role, or a scope of the token.
IdempotencyKeys::Claim claim_of(const Call& call, std::string_view key) {
  KIP_CHECK(call.staff.has_value());
  return {fmt::format("{} {} {}", call.tenant.str(), call.staff->person.str(), call.staff->credential),
          std::string(key),
          sha256(fmt::format("{} {}\n{}", call.request.method, call.request.target, sha256(call.body).hex()))};
}

/// A request with a key that is being done: forgotten unless its answer is kept.
class Undertaking {
 public:
  Undertaking(IdempotencyKeys& keys, const IdempotencyKeys::Claim& claim) : keys_(keys), claim_(claim) {}
  ~Undertaking() {
    if (!kept_) keys_.forget(claim_);
  }
  Undertaking(const Undertaking&) = delete;
  Undertaking& operator=(const Undertaking&) = delete;

  void keep(const Response& answer) {
    keys_.keep(claim_, answer);
    kept_ = true;
  }

 private:
  IdempotencyKeys& keys_;
  const IdempotencyKeys::Claim& claim_;
  bool kept_ = false;
};

bool same_method(std::string_view route, std::string_view method) {
  return route == method || (route == "GET" && method == "HEAD");
}

}  // namespace

bool is_repeatable(const Route& route) {
  return route.caller.is_staff() && route.method == "POST";
}

bool is_conditional(const Route& route) {
  // What an install asks for is signed anew each time.
  return route.method == "GET" && route.pattern.starts_with("/v1/") && route.caller.kind != Caller::Kind::install;
}

struct Router::Match {
  const Route* route = nullptr;
  Params params;
};

Router::Router(TenantId tenant, const RouterPorts& ports, std::vector<Route> routes)
    : tenant_(std::move(tenant)), ports_(ports) {
  for (Route& route : routes)
    patterns_.push_back({split(route.pattern), std::move(route)});
}

Result<Router::Match> Router::find(const Target& target, std::string_view method) const {
  for (const Pattern& pattern : patterns_) {
    if (!same_method(pattern.route.method, method)) continue;
    if (auto params = match(pattern.parts, target.segments)) return Match{&pattern.route, *std::move(params)};
  }
  return fail(ErrorCode::not_found, fmt::format("there is no {}", target.path.substr(0, 200)));
}

Response Router::not_found(const Request& request, const Target& target) const {
  if (auto refused = limit(RateLimiter::Kind::address, request.from)) return *std::move(refused);
  std::string allowed;
  for (const Pattern& pattern : patterns_) {
    if (!match(pattern.parts, target.segments)) continue;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", pattern.route.method);
    if (pattern.route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) {
    return problem({ErrorCode::not_found, fmt::format("there is no {}", target.path.substr(0, 200))});
  }
  return problem({ErrorCode::usage, fmt::format("{} answers {} only", target.path.substr(0, 200), allowed)}, 405)
      .set("Allow", allowed);
}

std::optional<Response> Router::refuse_early(const Request& request, bool has_body) const {
  const auto target = parse_target(request.target);
  if (!target) return with_security(problem(target.error()));
  const auto found = find(*target, request.method);
  if (!found) return with_security(not_found(request, *target));
  if (has_body && found->route->body == BodyKind::none) {
    return with_security(problem({ErrorCode::malformed, "this request takes no body"}));
  }
  return std::nullopt;
}

std::optional<Response> Router::refuse_caller(const Request& request) const {
  if (auto refused = refuse_early(request, true)) return refused;
  auto target = parse_target(request.target);
  KIP_CHECK(target.has_value());
  auto found = find(*target, request.method);
  KIP_CHECK(found.has_value());
  Call made{request, *std::move(target), std::move(found->params), tenant_, {""}, {}, {}, {}};
  auto refused = admit_staff(*found->route, made);
  if (!refused) return std::nullopt;
  return with_security(*std::move(refused));
}

Response Router::failure(const Error& error) const {
  if (http_status(error.code) >= 500)
    ports_.log.write("request.failed", {{"code", std::string(to_string(error.code))}, {"error", error.message}});
  return problem(error);
}

Response Router::handle(const Request& request) const {
  auto target = parse_target(request.target);
  if (!target) return with_security(problem(target.error()));
  return with_security(run(request, *std::move(target)));
}

Response Router::run(const Request& request, Target target) const {
  auto found = find(target, request.method);
  if (!found) return not_found(request, target);
  if (const auto tenant = found->params.find("tenant");
      tenant != found->params.end() && tenant->second != tenant_.str()) {
    return problem({ErrorCode::not_found, fmt::format("there is no tenant {} here", tenant->second.substr(0, 80))});
  }
  Call made{request, std::move(target), std::move(found->params), tenant_, {""}, {}, {}, {}};
  Response out = call(*found->route, made);
  out.route = found->route->pattern;
  out.principal = made.actor.name;
  return out;
}

Response Router::call(const Route& route, Call& call) const {
  if (route.caller.kind == Caller::Kind::anyone) {
    const auto kind = route.pattern.starts_with("/v1/") ? RateLimiter::Kind::address : RateLimiter::Kind::reads;
    if (auto refused = limit(kind, call.request.from)) return *std::move(refused);
  }
  if (auto refused = admit_staff(route, call)) return *std::move(refused);
  if (auto body = read_body(route, call); !body) return failure(body.error());
  if (route.caller.kind == Caller::Kind::install) {
    if (auto refused = admit_install(call)) return *std::move(refused);
  }
  if (is_repeatable(route)) return answer_once(route, call);
  Response out = answer(route, call);
  return is_conditional(route) ? conditional(call.request, std::move(out)) : out;
}

Response Router::answer(const Route& route, const Call& call) const {
  auto answer = route.handler(call);
  return answer ? *std::move(answer) : failure(answer.error());
}

Response Router::answer_once(const Route& route, const Call& call) const {
  if (!call.request.headers.contains("idempotency-key")) return answer(route, call);
  const std::string_view key = call.request.header("idempotency-key");
  if (!IdempotencyKeys::is_key(key)) {
    return problem({ErrorCode::malformed, "an Idempotency-Key has 8 to 128 of the characters A-Z a-z 0-9 . _ ~ -"});
  }
  const IdempotencyKeys::Claim claim = claim_of(call, key);
  if (auto known = ports_.idempotency.begin(claim)) return *std::move(known);
  Undertaking undertaking(ports_.idempotency, claim);
  Response out = answer(route, call);
  // What failed for the moment may be tried again.
  if (out.status < 500 && out.status != 429) undertaking.keep(out);
  return out;
}

std::optional<Response> Router::admit_staff(const Route& route, Call& call) const {
  const bool operations = route.caller.kind == Caller::Kind::operations && !call.request.local;
  if (!route.caller.is_staff() && !operations) return std::nullopt;
  const bool page = route.caller.kind == Caller::Kind::staff_page;
  auto caller = ports_.gate.staff(call.tenant, token_of(call.request.header("authorization"), page));
  if (caller) {
    if (const auto may = caller->expect_may(route.caller.action); !may) return problem(may.error());
    call.actor = Actor(staff_actor(caller->person), caller->credential, call.request.from);
    call.actor.admission = Admission{caller->proof, caller->is_session, route.caller.action};
    call.staff = *std::move(caller);
    return limit(RateLimiter::Kind::person, call.staff->person.str());
  }
  if (caller.error().code != ErrorCode::denied) return failure(caller.error());
  if (auto refused = limit(RateLimiter::Kind::address, call.request.from)) return refused;
  return problem(caller.error(), 401)
      .set("WWW-Authenticate", page ? R"(Basic realm="Kip", charset="UTF-8")" : R"(Bearer realm="Kip")");
}

std::optional<Response> Router::admit_install(Call& call) const {
  auto install = ports_.gate.install(call.tenant, call.request, call.target.path, call.body);
  if (!install) {
    if (auto refused = limit(RateLimiter::Kind::address, call.request.from)) return refused;
    return failure(install.error());
  }
  call.actor = Actor("install:" + install->id.str());
  call.install = *std::move(install);
  return limit(RateLimiter::Kind::install, call.install->id.str());
}

std::optional<Response> Router::limit(RateLimiter::Kind kind, std::string_view who) const {
  const auto wait = ports_.limiter.take(kind, who);
  if (!wait) return std::nullopt;
  return problem({ErrorCode::busy, "too many requests; come back later"}, 429)
      .set("Retry-After", std::to_string(wait->count()));
}

Result<void> Router::read_body(const Route& route, Call& call) const {
  if (route.body != BodyKind::whole && route.body != BodyKind::large) return {};
  if (call.request.body == nullptr) return fail(ErrorCode::malformed, "this request needs a body");
  const std::uint64_t max_bytes = route.body == BodyKind::large ? kMaxLargeBody : kMaxBody;
  return call.request.body->read(max_bytes, [&](BytesView piece) -> Result<void> {
    call.body += piece;
    return {};
  });
}

}  // namespace kip::server
