#pragma once

#include <manifests/core/instant.hpp>
#include <signing/crypto/random.hpp>

namespace kip::testing {

/// A clock that a test sets.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(std::string_view start) : now_(parse_instant(start).value()) {}

  Instant now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Instant now_;
};

/// The same octets in every run.
class SeededRandom final : public RandomSource {
 public:
  Bytes bytes(std::size_t count) override {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      out += static_cast<char>(state_ >> 56U);
    }
    return out;
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace kip::testing
