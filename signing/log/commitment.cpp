#include <signing/crypto/sha256.hpp>
#include <signing/log/commitment.hpp>

namespace kip::tlog {

Sha256Digest commit(BytesView salt, BytesView bytes) {
  KIP_CHECK(salt.size() == kSaltSize);
  Sha256Hasher hasher;
  hasher.update(salt);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace kip::tlog
