#pragma once

#include <functional>
#include <vector>

#include <server/http/router.hpp>

namespace kip::server {

/// Leads requests to the router of the vendor whom their path names: /v1/tenants/{tenant}/… and /t/{tenant}/…; what
/// names nobody, or somebody who is not here, is the first one's. Immutable, thread-safe.
class TenantSwitch final : public http::RequestHandler {
 public:
  struct Way {
    TenantId tenant;
    std::reference_wrapper<const Router> router;
  };
  /// At least one. The routers must outlive it.
  explicit TenantSwitch(std::vector<Way> ways) : ways_(std::move(ways)) {}

  Response handle(const Request& request) const override { return way(request).handle(request); }
  std::optional<Response> refuse_early(const Request& request, bool has_body) const override {
    return way(request).refuse_early(request, has_body);
  }
  std::optional<Response> refuse_caller(const Request& request) const override {
    return way(request).refuse_caller(request);
  }

 private:
  const Router& way(const Request& request) const;

  std::vector<Way> ways_;
};

}  // namespace kip::server
