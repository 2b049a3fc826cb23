#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/core/ids.hpp>
#include <manifests/model/release.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/tuf/repository.hpp>

namespace kip {

/// Who has signed a staged document and who may still.
struct SigningState {
  std::string role;
  std::vector<std::string> signed_by;  ///< names of officers
  std::vector<std::string> missing;    ///< of those who may sign
  std::int64_t threshold = 0;
  bool complete = false;
};

/// The folder in which officers prepare and sign what a repository publishes. It can travel on a stick; nothing in it
/// is secret, and everything in it is verified again by the server and by every install. Not thread-safe.
///
///     repository.json            tenant, officers' names and keys
///     metadata/N.ROLE.json       what was published, as signed
///     staged/ROLE.json           the next version, with the signatures so far
///     targets/DIR/HASH.NAME      files that roles list
///
/// Format: docs/formats/repository.md.
class RepositoryFolder {
 public:
  /// Makes the folder and stages version 1 of root, targets and each product's role.
  /// Errors: conflict where there is one already; usage where the plan cannot be.
  static Result<RepositoryFolder> create(FileSystem& files, const std::filesystem::path& folder,
                                         const RepositoryPlan& plan);
  /// Errors: not_found where it is no such folder; malformed.
  static Result<RepositoryFolder> open(FileSystem& files, const std::filesystem::path& folder);

  const TenantId& tenant() const { return tenant_; }
  /// The last published body of a role, or nothing.
  Result<std::optional<tuf::Document>> published(std::string_view role) const;
  /// Roles of the offline keys, in the order in which they are signed: root, targets, then products.
  Result<std::vector<std::string>> roles() const;
  Result<std::optional<tuf::Document>> staged(std::string_view role) const;

  /// Adds a release to its product's role: copies the package in and stages the next version of the role, dropping
  /// signatures that it had. Errors: not_found for an unknown product; conflict where the version is listed with other
  /// bytes.
  Result<void> add_release(const Release& release, const std::filesystem::path& package, Instant now);

  /// Where the file of a listed target lies in this folder.
  std::filesystem::path target_file(std::string_view path, const tuf::TargetFile& file) const;

  /// The state of each staged role.
  Result<std::vector<SigningState>> signing() const;
  /// Adds this key's signature to the staged role. Errors: denied where the key may not sign it; not_found.
  Result<void> sign(std::string_view role, const Signer& signer);
  /// Whether the key may sign the role, by the newest root or delegation.
  Result<bool> may_sign(std::string_view role, const std::string& key_id) const;

  /// The complete staged documents. Errors: signature where one is incomplete, naming who is missing; not_found where
  /// none is staged and nothing was ever published.
  Result<tuf::Publication> publication() const;
  /// Moves what was staged to what is published.
  Result<void> mark_published();

 private:
  RepositoryFolder(FileSystem& files, std::filesystem::path folder, TenantId tenant)
      : files_(&files), folder_(std::move(folder)), tenant_(std::move(tenant)) {}

  struct Authority {
    tuf::KeyMap keys;
    tuf::Role role;
  };
  /// Keys and threshold by which a role is judged; for root those of the version before and of its own.
  Result<std::vector<Authority>> authorities(std::string_view role) const;
  Result<tuf::Document> newest(std::string_view role) const;
  Result<void> stage(std::string_view role, const json::Value& body, const std::vector<tuf::Signature>& signatures);
  std::filesystem::path staged_path(std::string_view role) const;
  std::string officer_name(const std::string& key_id) const;

  FileSystem* files_;
  std::filesystem::path folder_;
  TenantId tenant_;
  std::map<std::string, std::string> officers_;  ///< key id -> name
};

}  // namespace kip
