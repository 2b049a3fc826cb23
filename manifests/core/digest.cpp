#include <algorithm>

#include <manifests/core/digest.hpp>

namespace kip {

Result<Sha256Digest> Sha256Digest::parse(std::string_view hex) {
  if (hex.size() != 2 * kSize) return fail(ErrorCode::malformed, "a SHA-256 value has 64 hexadecimal digits");
  KIP_TRY(const Bytes octets, from_hex(hex));
  return from_bytes(octets);
}

Result<Sha256Digest> Sha256Digest::from_bytes(BytesView octets) {
  if (octets.size() != kSize) return fail(ErrorCode::malformed, "a SHA-256 value has 32 octets");
  std::array<std::uint8_t, kSize> out{};
  std::transform(octets.begin(), octets.end(), out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return Sha256Digest(out);
}

std::string Sha256Digest::hex() const {
  return to_hex(bytes());
}

Bytes Sha256Digest::bytes() const {
  return Bytes(octets_.begin(), octets_.end());
}

}  // namespace kip
