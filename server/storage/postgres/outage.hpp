#pragma once

// Inside server/storage/postgres only.

#include <chrono>
#include <mutex>
#include <optional>

namespace kip::server::postgres {

/// Whether the database server is out of reach: then nobody asks it for a while, and after that one at a time does, so
/// that not every thread comes to wait for it. Thread-safe.
class Outage {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `pause` is how long nobody asks, `attempt` how long one that asks may take.
  Outage(std::chrono::milliseconds pause, std::chrono::milliseconds attempt) : pause_(pause), attempt_(attempt) {}

  bool is_on(Time now) const {
    const std::lock_guard lock(mutex_);
    return until_ && now < *until_;
  }
  /// False while it lasts. In its end the first gets true, and has to say by begin() or end() what came of it.
  bool may_ask(Time now) {
    const std::lock_guard lock(mutex_);
    if (!until_) return true;
    if (now < *until_) return false;
    until_ = now + attempt_ + pause_;
    return true;
  }
  void begin(Time now) {
    const std::lock_guard lock(mutex_);
    until_ = now + pause_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    until_.reset();
  }

 private:
  const std::chrono::milliseconds pause_;
  const std::chrono::milliseconds attempt_;
  mutable std::mutex mutex_;  ///< guards `until_`
  std::optional<Time> until_;
};

}  // namespace kip::server::postgres
