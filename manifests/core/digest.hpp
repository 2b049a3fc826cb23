#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <manifests/core/bytes.hpp>

namespace kip {

/// A SHA-256 value: 32 octets. A value type; made by a hasher or parsed from text.
class Sha256Digest {
 public:
  static constexpr std::size_t kSize = 32;

  explicit Sha256Digest(const std::array<std::uint8_t, kSize>& octets) : octets_(octets) {}

  /// Errors: malformed unless the text is 64 hexadecimal digits.
  static Result<Sha256Digest> parse(std::string_view hex);
  /// Errors: malformed unless there are exactly 32 octets.
  static Result<Sha256Digest> from_bytes(BytesView octets);

  std::string hex() const;
  Bytes bytes() const;

  auto operator<=>(const Sha256Digest&) const = default;

 private:
  std::array<std::uint8_t, kSize> octets_;
};

/// The hash function, passed into pure code that needs one. Thread-safe.
using Sha256Function = std::function<Sha256Digest(BytesView)>;

}  // namespace kip
