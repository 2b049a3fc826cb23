#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/instant.hpp>

namespace kip::server {

/// Requests a minute, which may come all at once; 0: as many as they like.
struct RateLimits {
  int install = 600;    ///< of one install
  int person = 3'000;   ///< of one member of staff, whatever the credential
  int address = 3'000;  ///< from one address, of what needs no proof or has a wrong one
  int reads = 120'000;  ///< from one address, of the files that any web server could serve
};

/// A token bucket for each caller. Remembers a bounded number of them: where there are more at once, those that are not
/// remembered share one bucket. Thread-safe. Source: ITU-T I.371 (generic cell rate algorithm)
class RateLimiter {
 public:
  enum class Kind { install, person, address, reads };
  static constexpr std::size_t kMaxCallers = 20'000;

  RateLimiter(const Clock& clock, const RateLimits& limits, std::size_t max_callers = kMaxCallers)
      : clock_(clock), limits_(limits), max_callers_(max_callers) {}

  /// Counts one request; how long the caller has to wait where it is one too many, which is then not counted. Of an
  /// IPv6 address the network (/64) counts.
  std::optional<std::chrono::seconds> take(Kind kind, std::string_view who);
  std::size_t size() const;

 private:
  using Micros = std::chrono::microseconds;
  using Name = std::pair<Kind, std::string>;

  int limit_of(Kind kind) const;
  /// When the bucket will be full again.
  Micros& bucket(Kind kind, std::string who, Micros now);

  const Clock& clock_;
  const RateLimits limits_;
  const std::size_t max_callers_;
  mutable std::mutex mutex_;  ///< guards `full_at_`
  std::map<Name, Micros> full_at_;
};

}  // namespace kip::server
