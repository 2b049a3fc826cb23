#include <algorithm>

#include <server/http/rate_limiter.hpp>
#include <signing/fetch/client_network.hpp>

namespace kip::server {
namespace {

constexpr std::chrono::microseconds kBurst = std::chrono::minutes(1);

}  // namespace

int RateLimiter::limit_of(Kind kind) const {
  switch (kind) {
    case Kind::install:
      return limits_.install;
    case Kind::person:
      return limits_.person;
    case Kind::address:
      return limits_.address;
    case Kind::reads:
      return limits_.reads;
  }
  return 0;
}

RateLimiter::Micros& RateLimiter::bucket(Kind kind, std::string who, Micros now) {
  const Name name{kind, std::move(who)};
  if (const auto found = full_at_.find(name); found != full_at_.end()) return found->second;
  if (full_at_.size() >= max_callers_) {
    std::erase_if(full_at_, [now](const auto& one) { return one.second <= now || one.second > now + kBurst; });
  }
  // Beside the callers there is one bucket of each kind for all that have no place.
  return full_at_.size() >= max_callers_ ? full_at_[{kind, std::string()}] : full_at_[name];
}

std::optional<std::chrono::seconds> RateLimiter::take(Kind kind, std::string_view who) {
  const int limit = limit_of(kind);
  if (limit <= 0) return std::nullopt;
  const Micros step = kBurst / limit;
  const bool is_address = kind == Kind::address || kind == Kind::reads;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::duration_cast<Micros>(clock_.now().time_since_epoch());
  Micros& full_at = bucket(kind, is_address ? network_of(who) : std::string(who), now);
  // Nobody waits longer than for a full bucket, also where the clock was set back.
  full_at = std::clamp(full_at, now, now + kBurst);
  const Micros due = full_at + step;
  if (due > now + kBurst) {
    return std::max(std::chrono::ceil<std::chrono::seconds>(due - now - kBurst), std::chrono::seconds(1));
  }
  full_at = due;
  return std::nullopt;
}

std::size_t RateLimiter::size() const {
  const std::lock_guard lock(mutex_);
  return full_at_.size();
}

}  // namespace kip::server
