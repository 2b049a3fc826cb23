#pragma once

#include <map>
#include <optional>
#include <string>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>

namespace kip::testing {

/// What a TUF client keeps, in memory.
class MemoryMetadataStore final : public tuf::MetadataStore {
 public:
  Result<std::optional<Bytes>> load(std::string_view role) override {
    const auto found = files.find(role);
    return found == files.end() ? std::optional<Bytes>() : std::optional(found->second);
  }
  Result<std::optional<Sha256Digest>> digest(std::string_view role) override {
    const auto found = files.find(role);
    return found == files.end() ? std::optional<Sha256Digest>() : std::optional(sha256(found->second));
  }
  Result<void> save(std::string_view role, BytesView bytes) override {
    files.insert_or_assign(std::string(role), Bytes(bytes));
    return {};
  }
  Result<void> remove(std::string_view role) override {
    files.erase(std::string(role));
    return {};
  }
  Result<std::optional<Bytes>> recall() override { return note; }
  Result<void> remember(BytesView bytes) override {
    note = Bytes(bytes);
    return {};
  }

  std::map<std::string, Bytes, std::less<>> files;
  std::optional<Bytes> note;
};

}  // namespace kip::testing
