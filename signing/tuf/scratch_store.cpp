#include <signing/crypto/sha256.hpp>
#include <signing/tuf/scratch_store.hpp>

namespace kip::tuf {

Result<std::optional<Bytes>> ScratchStore::load(std::string_view role) {
  if (const auto found = files_.find(role); found != files_.end()) return found->second;
  if (beneath_ == nullptr) return std::optional<Bytes>();
  return beneath_->load(role);
}

Result<std::optional<Sha256Digest>> ScratchStore::digest(std::string_view role) {
  KIP_TRY(const std::optional<Bytes> bytes, load(role));
  return bytes ? std::optional(sha256(*bytes)) : std::nullopt;
}

Result<void> ScratchStore::save(std::string_view role, BytesView bytes) {
  files_.insert_or_assign(std::string(role), Bytes(bytes));
  return {};
}

Result<void> ScratchStore::remove(std::string_view role) {
  files_.insert_or_assign(std::string(role), std::nullopt);
  return {};
}

}  // namespace kip::tuf
