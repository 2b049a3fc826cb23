#include <openssl/hmac.h>

#include <signing/crypto/hmac.hpp>

#include "evp.hpp"

namespace kip {

Sha256Digest hmac_sha256(const SecretBytes& key, BytesView message) {
  std::array<std::uint8_t, Sha256Digest::kSize> out{};
  const BytesView octets = key.reveal();
  KIP_CHECK(::HMAC(EVP_sha256(), octets.data(), static_cast<int>(octets.size()), evp::octets(message), message.size(),
                   out.data(), nullptr) != nullptr);
  return Sha256Digest(out);
}

}  // namespace kip
