#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/ids.hpp>
#include <server/domain/access.hpp>
#include <server/domain/receipts.hpp>
#include <server/http/idempotency.hpp>
#include <server/http/rate_limiter.hpp>
#include <signing/daemon/log.hpp>
#include <signing/http/request_handler.hpp>

namespace kip::server {

using http::BodyReader;
using http::BodySink;
using http::FileBody;
using http::json_response;
using http::parse_target;
using http::problem;
using http::Request;
using http::Response;
using http::Target;

/// Who may call a route.
struct Caller {
  enum class Kind {
    anyone,
    staff,       ///< Authorization: Bearer TOKEN
    staff_page,  ///< the same, or HTTP Basic with the token as password, so that a browser can ask for it
    install,     ///< a request that an install has signed; its body is read whole first
    operations,  ///< from this machine (Request::local), or as staff
  };
  Kind kind = Kind::anyone;
  StaffAction action = StaffAction::read;  ///< of staff: what they have to be allowed

  bool is_staff() const { return kind == Kind::staff || kind == Kind::staff_page; }
};

inline constexpr Caller kAnyone{Caller::Kind::anyone};
inline constexpr Caller kInstall{Caller::Kind::install};
inline constexpr Caller kOperator{Caller::Kind::operations};
inline constexpr Caller kStaffPage{Caller::Kind::staff_page};
inline constexpr Caller kReader{Caller::Kind::staff};

/// Staff who may do this.
constexpr Caller staff(StaffAction action) {
  return {Caller::Kind::staff, action};
}

enum class BodyKind {
  none,
  whole,     ///< read by the router, at most kMaxBody octets
  large,     ///< the same, at most kMaxLargeBody: lists and metadata from staff
  streamed,  ///< read by the handler from Call::request.body
};

inline constexpr std::uint64_t kMaxBody = 1U << 20U;
inline constexpr std::uint64_t kMaxLargeBody = 8U << 20U;

/// A request whose route was found and whose caller was recognised.
struct Call {
  const Request& request;
  Target target;
  std::map<std::string, std::string, std::less<>> params;  ///< by the names in the route's pattern
  TenantId tenant;
  Actor actor;                           ///< "staff:an", "install:01J…"; empty for anyone
  std::optional<StaffCaller> staff;      ///< where the caller is staff
  std::optional<InstallCaller> install;  ///< of a signed request
  Bytes body;                            ///< of BodyKind::whole and large
};

using Handler = std::function<Result<Response>(const Call&)>;

struct Route {
  std::string_view method;   ///< GET answers HEAD as well
  std::string_view pattern;  ///< "/v1/tenants/{tenant}/acts"; a last "{name...}" takes one or more segments
  Caller caller;
  BodyKind body = BodyKind::none;
  Handler handler;
};

/// Whether a request that is sent again with its Idempotency-Key is answered as the first one was.
bool is_repeatable(const Route& route);

/// Whether answers get the ETag of their body, and 304 where the client has it.
bool is_conditional(const Route& route);

/// Recognises callers. Thread-safe.
class Gate {
 public:
  virtual ~Gate() = default;
  /// Errors: denied.
  virtual Result<StaffCaller> staff(const TenantId& tenant, std::string_view token) = 0;
  /// Checks signature and time of a request with its whole body; that the nonce is fresh is for the use case to check,
  /// in its transaction. Errors: denied.
  virtual Result<InstallCaller> install(const TenantId& tenant, const Request& request, std::string_view path,
                                        BytesView body) = 0;
};

/// What a router works with. All must outlive it.
struct RouterPorts {
  Gate& gate;
  Log& log;
  IdempotencyKeys& idempotency;
  RateLimiter& limiter;
};

/// Finds the route of a request, checks who calls and turns failures into answers. Thread-safe where its gate and
/// handlers are.
class Router final : public http::RequestHandler {
 public:
  /// `tenant` is the vendor that this server serves; another one in a path is not found.
  Router(TenantId tenant, const RouterPorts& ports, std::vector<Route> routes);

  /// Every answer has its security headers; a failure is a problem document.
  Response handle(const Request& request) const override;
  /// What can be said before a body is read: nothing, or that there is no such route (404, 405) or that it takes no
  /// body.
  std::optional<Response> refuse_early(const Request& request, bool has_body) const override;
  /// What can be said to a client that asks before it sends its body: also that it is not staff (401).
  std::optional<Response> refuse_caller(const Request& request) const override;

 private:
  struct Match;
  struct Pattern {
    std::vector<std::string> parts;
    Route route;
  };

  Result<Match> find(const Target& target, std::string_view method) const;
  Response not_found(const Request& request, const Target& target) const;
  Response run(const Request& request, Target target) const;
  Response call(const Route& route, Call& call) const;
  Response answer(const Route& route, const Call& call) const;
  Response answer_once(const Route& route, const Call& call) const;
  Response failure(const Error& error) const;
  std::optional<Response> limit(RateLimiter::Kind kind, std::string_view who) const;
  std::optional<Response> admit_install(Call& call) const;
  std::optional<Response> admit_staff(const Route& route, Call& call) const;
  Result<void> read_body(const Route& route, Call& call) const;

  TenantId tenant_;
  RouterPorts ports_;
  std::vector<Pattern> patterns_;
};

}  // namespace kip::server
