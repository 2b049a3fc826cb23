#include <signing/crypto/sha256.hpp>

#include "evp.hpp"

namespace kip {

struct Hasher::State {
  evp::DigestContext context{EVP_MD_CTX_new()};
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* digest = algorithm == HashAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
  KIP_CHECK(EVP_DigestInit_ex(state_->context.get(), digest, nullptr) == 1);
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(BytesView bytes) {
  KIP_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Bytes Hasher::finish() {
  Bytes out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  KIP_CHECK(EVP_DigestFinal_ex(state_->context.get(), evp::octets(out), &size) == 1);
  out.resize(size);
  return out;
}

Sha256Digest sha256(BytesView bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Bytes sha512(BytesView bytes) {
  Hasher hasher(HashAlgorithm::sha512);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace kip
