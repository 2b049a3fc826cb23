#pragma once

#include <string_view>
#include <utility>

#include <manifests/core/bytes.hpp>

namespace kip {

/// Octets that must not linger: overwritten when destroyed or moved from, not copyable, not printable. The one way
/// to the content is reveal(), so that every use can be found.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// Takes the octets over; the caller's own copies stay the caller's to wipe.
  explicit SecretBytes(Bytes&& octets);
  ~SecretBytes() { wipe(octets_); }
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  bool empty() const { return octets_.empty(); }
  BytesView reveal() const { return octets_; }

  /// Overwrites in a way that the compiler keeps, and empties.
  static void wipe(Bytes& octets);

 private:
  Bytes octets_;
};

/// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(BytesView a, BytesView b);

}  // namespace kip
