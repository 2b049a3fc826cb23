#pragma once

#include <map>
#include <optional>
#include <string>

#include <signing/tuf/client.hpp>

namespace kip::tuf {

/// Lets a client try what it is given without a trace: what it saves is kept in memory, and what it never saved is
/// read from the store beneath, which is not written. Not thread-safe; the store beneath must outlive it.
class ScratchStore final : public MetadataStore {
 public:
  explicit ScratchStore(MetadataStore& beneath) : beneath_(&beneath) {}
  /// With nothing beneath but a root to begin with.
  explicit ScratchStore(Bytes root) { files_[std::string(kRoot)] = std::move(root); }

  Result<std::optional<Bytes>> load(std::string_view role) override;
  Result<std::optional<Sha256Digest>> digest(std::string_view role) override;
  Result<void> save(std::string_view role, BytesView bytes) override;
  Result<void> remove(std::string_view role) override;
  /// Nothing: all is verified anew.
  Result<std::optional<Bytes>> recall() override { return std::optional<Bytes>(); }
  Result<void> remember(BytesView) override { return {}; }

 private:
  MetadataStore* beneath_ = nullptr;
  std::map<std::string, std::optional<Bytes>, std::less<>> files_;  ///< nothing: removed
};

}  // namespace kip::tuf
