#include <algorithm>

#include <server/http/tenant_switch.hpp>

namespace kip::server {
namespace {

/// The segment that says whose path it is; empty where none does. Decoded, as the router reads it.
std::string named_in(const Target& target) {
  const auto& segments = target.segments;
  if (segments.size() > 2 && segments[0] == "v1" && segments[1] == "tenants") return segments[2];
  if (segments.size() > 1 && segments[0] == "t") return segments[1];
  return {};
}

}  // namespace

const Router& TenantSwitch::way(const Request& request) const {
  const auto target = parse_target(request.target);
  const std::string name = target ? named_in(*target) : std::string();
  const auto found = std::find_if(ways_.begin(), ways_.end(), [&](const Way& one) { return one.tenant.str() == name; });
  return found == ways_.end() ? ways_.front().router.get() : found->router.get();
}

}  // namespace kip::server
