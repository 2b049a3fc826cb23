#include <openssl/crypto.h>

#include <signing/crypto/secret.hpp>

namespace kip {

SecretBytes::SecretBytes(Bytes&& octets) : octets_(octets) {
  wipe(octets);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : octets_(std::move(other.octets_)) {
  wipe(other.octets_);
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe(octets_);
    octets_ = std::move(other.octets_);
    wipe(other.octets_);
  }
  return *this;
}

void SecretBytes::wipe(Bytes& octets) {
  // The capacity, too: short strings live inside the object and stay there after a move.
  octets.resize(octets.capacity());
  OPENSSL_cleanse(octets.data(), octets.size());
  octets.clear();
}

bool equal_in_constant_time(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace kip
