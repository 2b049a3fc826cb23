#pragma once

// Inside signing/log only.

#include <cstdint>

#include <manifests/core/bytes.hpp>

namespace kip::tlog {

/// The number's last octets, the most significant one first.
inline Bytes big_endian(std::uint64_t number, std::size_t octets) {
  Bytes out(octets, '\0');
  for (std::size_t i = octets; i > 0; --i, number >>= 8U)
    out[i - 1] = static_cast<char>(number & 0xFFU);
  return out;
}

/// Of at most eight octets.
inline std::uint64_t read_big_endian(BytesView octets) {
  std::uint64_t out = 0;
  for (const char octet : octets)
    out = out << 8U | static_cast<unsigned char>(octet);
  return out;
}

}  // namespace kip::tlog
