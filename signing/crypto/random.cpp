#include <algorithm>

#include <openssl/rand.h>

#include <manifests/core/check.hpp>
#include <signing/crypto/random.hpp>

namespace kip {

std::array<std::uint8_t, 10> RandomSource::ulid_bits() {
  std::array<std::uint8_t, 10> out{};
  const Bytes drawn = bytes(out.size());
  std::transform(drawn.begin(), drawn.end(), out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return out;
}

Bytes SystemRandom::bytes(std::size_t count) {
  Bytes out(count, '\0');
  KIP_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) == 1);
  return out;
}

}  // namespace kip
