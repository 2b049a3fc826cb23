#pragma once

#include <functional>

#include <signing/bundle/bundle_maker.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/client.hpp>
#include <testing/tuf_repository.hpp>

namespace kip::testing {

/// What a web server has of a repository in memory.
class PublishedInMemory final : public PublishedRepository {
 public:
  explicit PublishedInMemory(const TufRepository& repository) : repository_(repository) {}

  Result<std::optional<Bytes>> read(std::string_view path, std::size_t max_bytes) override {
    const auto found = repository_.files.find(path);
    if (found == repository_.files.end()) return std::optional<Bytes>();
    if (found->second.size() > max_bytes) return fail(ErrorCode::too_large, std::string(path));
    return std::optional(found->second);
  }

 private:
  const TufRepository& repository_;
};

inline TenantId an_phat() {
  return TenantId::parse("an-phat").value();
}

inline BundleRequest request_for(const TufRepository& repository, Instant now) {
  return {.tenant = an_phat(),
          .product = ProductId::parse("forms").value(),
          .first_root = repository.files.find("metadata/1.root.json")->second,
          .now = now};
}

/// Writes a bundle with the real maker, after `edit` had its way with what goes in. Signed by the first officer, or by
/// `signer`.
inline Result<BundleIndex> make_bundle(
    FileSystem& files, const std::filesystem::path& out, const TufRepository& repository, const BundleRequest& request,
    const std::function<void(BundleContent&)>& edit = [](BundleContent&) {}, const Signer* signer = nullptr) {
  PublishedInMemory published(repository);
  KIP_TRY(BundleContent content, gather_bundle(published, request));
  edit(content);
  const Signer& officer = signer == nullptr ? repository.officer(0) : *signer;
  KIP_TRY(const dsse::Envelope statement,
          dsse::sign(std::string(kOfflineType), json::to_compact(to_json(content.statement)), officer));
  KIP_TRY_VOID(
      replace_file(files, "/packed", repository.files.find("targets/" + content.package.location)->second, 0644));
  return write_bundle(files, out, content, statement, "/packed");
}

/// Puts in what the repository has become since: what the maker would refuse to hand out.
inline void take_in_present(const TufRepository& repository, BundleContent& content) {
  content.files.clear();
  for (const auto& [path, bytes] : repository.files) {
    const bool is_rollout = path == repository.target_file("rollouts/forms.json");
    if (path.starts_with("metadata/") || is_rollout) content.files.emplace_back(path, bytes);
  }
  content.statement.timestamp = sha256(repository.files.find("metadata/timestamp.json")->second);
}

}  // namespace kip::testing
