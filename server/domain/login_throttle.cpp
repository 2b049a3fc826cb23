#include <algorithm>
#include <tuple>

#include <server/domain/login_throttle.hpp>

namespace kip::server {

std::optional<Instant> LoginThrottle::locked_until(std::string_view name, Instant now) const {
  const std::lock_guard lock(mutex_);
  const auto found = tries_.find(name);
  if (found == tries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.until;
}

int LoginThrottle::failures(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = tries_.find(name);
  return found == tries_.end() ? 0 : found->second.failures;
}

void LoginThrottle::failed(std::string_view name, Instant now) {
  const std::lock_guard lock(mutex_);
  auto found = tries_.find(name);
  if (found == tries_.end()) {
    make_room();
    found = tries_.emplace(std::string(name), Tries{}).first;
  }
  Tries& tries = found->second;
  ++tries.failures;
  tries.last = now;
  if (tries.failures < limits_.free) return;
  constexpr int kMostDoublings = 20;
  const int doublings = std::min(tries.failures - limits_.free, kMostDoublings);
  tries.until = now + std::min(std::chrono::seconds(1LL << doublings), limits_.longest);
}

void LoginThrottle::forget(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = tries_.find(name); found != tries_.end()) tries_.erase(found);
}

/// Whose last try is longest ago is forgotten first, of those with the fewest failures: who fills the table with names
/// does not lift anybody's wait.
void LoginThrottle::make_room() {
  if (tries_.size() < kMaxNames) return;
  tries_.erase(std::min_element(tries_.begin(), tries_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.failures, a.second.last) < std::tie(b.second.failures, b.second.last);
  }));
}

}  // namespace kip::server
