#pragma once

#include <chrono>
#include <mutex>
#include <string_view>

#include <fmt/format.h>

#include <manifests/core/result.hpp>

namespace kip::server {

/// For something of which one has to follow the other: whoever comes second waits, for a while. Thread-safe.
class OneAtATime {
 public:
  using Turn = std::unique_lock<std::timed_mutex>;

  /// Errors: busy after ten seconds, saying what is going on.
  Result<Turn> begin(std::string_view what) {
    Turn turn(mutex_, std::defer_lock);
    if (!turn.try_lock_for(std::chrono::seconds(10))) {
      return fail(ErrorCode::busy, fmt::format("{} is still going on; try again in a few seconds", what));
    }
    return turn;
  }

 private:
  std::timed_mutex mutex_;
};

}  // namespace kip::server
