#pragma once

#include <manifests/core/instant.hpp>

namespace kip {

/// The machine's own clock, for the outermost layer of a program. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace kip
