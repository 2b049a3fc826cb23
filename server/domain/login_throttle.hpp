#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/instant.hpp>

namespace kip::server {

/// How soon a password may be tried again: at once for the first tries, then after ever longer waits. By name, whether
/// or not there is such a person, so that nobody learns who there is, or by address. Remembers a bounded number of
/// them, in memory. Thread-safe.
class LoginThrottle {
 public:
  static constexpr int kFree = 5;
  static constexpr std::chrono::seconds kLongest = std::chrono::minutes(15);
  static constexpr std::size_t kMaxNames = 4096;

  struct Limits {
    int free = kFree;
    std::chrono::seconds longest = kLongest;
  };
  LoginThrottle() : LoginThrottle(Limits{}) {}
  explicit LoginThrottle(const Limits& limits) : limits_(limits) {}

  /// Until when `name` has to wait; nothing where it may be tried.
  std::optional<Instant> locked_until(std::string_view name, Instant now) const;
  /// Tries of `name` that failed, as far as they are remembered.
  int failures(std::string_view name) const;
  /// A try that failed. Waits double: 1 s after the fifth, and no longer than kLongest.
  void failed(std::string_view name, Instant now);
  /// A try that did not, or an administrator's word: nothing is remembered.
  void forget(std::string_view name);

 private:
  struct Tries {
    int failures = 0;
    Instant last;
    Instant until;
  };
  void make_room();

  const Limits limits_;
  mutable std::mutex mutex_;  ///< guards `tries_`
  std::map<std::string, Tries, std::less<>> tries_;
};

}  // namespace kip::server
