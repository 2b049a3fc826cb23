#include <array>

#include <signing/crypto/sha256.hpp>

#include "evp.hpp"

namespace kip {

namespace {

/// OpenSSL looks an algorithm up by its name for each message unless that was done before.
const EVP_MD* looked_up(HashAlgorithm algorithm) {
  static const evp::Digest kSha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static const evp::Digest kSha384(EVP_MD_fetch(nullptr, "SHA384", nullptr));
  static const evp::Digest kSha512(EVP_MD_fetch(nullptr, "SHA512", nullptr));
  switch (algorithm) {
    case HashAlgorithm::sha256:
      return kSha256.get();
    case HashAlgorithm::sha384:
      return kSha384.get();
    case HashAlgorithm::sha512:
      return kSha512.get();
  }
  KIP_CHECK(false);
  return nullptr;
}

}  // namespace

struct Hasher::State {
  evp::DigestContext context{EVP_MD_CTX_new()};
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  KIP_CHECK(EVP_DigestInit_ex(state_->context.get(), looked_up(algorithm), nullptr) == 1);
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
  // Logs hash short texts by the million; making a context costs as much as hashing one.
  thread_local const evp::DigestContext context(EVP_MD_CTX_new());
  std::array<std::uint8_t, Sha256Digest::kSize> out{};
  KIP_CHECK(EVP_DigestInit_ex(context.get(), looked_up(HashAlgorithm::sha256), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return Sha256Digest(out);
}

Bytes sha512(BytesView bytes) {
  Hasher hasher(HashAlgorithm::sha512);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace kip
