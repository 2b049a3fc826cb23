#include <signing/crypto/sha256.hpp>

#include "evp.hpp"

namespace kip {

struct Sha256Hasher::State {
  evp::DigestContext context{EVP_MD_CTX_new()};
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
  KIP_CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(BytesView bytes) {
  KIP_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256Hasher::finish() {
  std::array<std::uint8_t, Sha256Digest::kSize> octets{};
  KIP_CHECK(EVP_DigestFinal_ex(state_->context.get(), octets.data(), nullptr) == 1);
  return Sha256Digest(octets);
}

Sha256Digest sha256(BytesView bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Bytes sha512(BytesView bytes) {
  Bytes out(64, '\0');
  KIP_CHECK(EVP_Digest(bytes.data(), bytes.size(), evp::octets(out), nullptr, EVP_sha512(), nullptr) == 1);
  return out;
}

}  // namespace kip
