#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manifests/model/bundle.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/tuf/client.hpp>

namespace kip {

/// A repository as it is published, wherever it is read. Not thread-safe.
class PublishedRepository {
 public:
  virtual ~PublishedRepository() = default;
  /// A file by its path, "metadata/2.root.json"; nothing where there is none. Errors: network; too_large; storage.
  virtual Result<std::optional<Bytes>> read(std::string_view path, std::size_t max_bytes) = 0;
};

struct BundleRequest {
  TenantId tenant;
  ProductId product;
  Bytes first_root;                  ///< 1.root.json, which is trusted
  std::optional<Version> from = {};  ///< that installs have: the delta from it in the place of the package
  Instant now;
  std::chrono::days life = std::chrono::days(30);
};

/// What a bundle is to hold, verified as a client verifies it.
struct BundleContent {
  std::vector<std::pair<std::string, Bytes>> files;  ///< metadata and the rollout, under their paths in the bundle
  tuf::TargetInfo package;                           ///< or the delta
  OfflineStatement statement;
  std::vector<PublicKey> signers;  ///< of whom one has to sign the statement
  bool shortened = false;          ///< the officers' metadata expires before the time that was asked for
};

/// Reads what an install would ask for, by the very steps by which it would ask. Errors: those of tuf::Client; conflict
/// where nothing is rolled out or the rollout is paused; rollback where officers revoked the version or raised the
/// floor above it; not_found where there is no such delta; usage for a life above OfflineStatement::kMaxLife.
Result<BundleContent> gather_bundle(PublishedRepository& repository, const BundleRequest& request);

/// Signs the statement. Error denied where the key is none of the product's officers.
Result<dsse::Envelope> sign_statement(const BundleContent& content, const Signer& officer);

/// Writes the bundle: whole or not at all, and the same bytes for the same content and signature. `package`: the file
/// behind `content.package`. Errors: conflict where `out` exists; integrity where the package is not what was signed.
Result<BundleIndex> write_bundle(FileSystem& files, const std::filesystem::path& out, const BundleContent& content,
                                 const dsse::Envelope& statement, const std::filesystem::path& package);

}  // namespace kip
