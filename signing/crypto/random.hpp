#pragma once

#include <array>
#include <cstdint>

#include <manifests/core/bytes.hpp>

namespace kip {

/// Gives octets that nobody can foresee. Thread-safe. Tests use a seeded one.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual Bytes bytes(std::size_t count) = 0;
  /// For the 80 random bits of a ULID.
  std::array<std::uint8_t, 10> ulid_bits();
};

/// OpenSSL's generator, seeded by the operating system. Ends the process where that has no randomness.
class SystemRandom final : public RandomSource {
 public:
  Bytes bytes(std::size_t count) override;
};

}  // namespace kip
