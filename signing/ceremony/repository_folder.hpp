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
  /// What people call the holder of a key.
  std::string officer_name(const std::string& key_id) const;
  /// Names the holder of a key; the names of those who left stay. Errors: storage.
  Result<void> add_officer(const PublicKeyFile& officer);

  /// The last published version of a role, or nothing.
  Result<std::optional<tuf::Document>> published(std::string_view role) const;
  Result<std::optional<tuf::Document>> staged(std::string_view role) const;
  /// The staged version, else the published one. Errors: not_found where there is neither.
  Result<tuf::Document> newest(std::string_view role) const;
  /// Roles of the offline keys, in the order in which they are signed: root, targets, then what targets delegates to.
  Result<std::vector<std::string>> roles() const;

  /// Makes a body the next version of its role. It must hold the next version's number.
  Result<void> stage(std::string_view role, const json::Value& body, const std::vector<tuf::Signature>& signatures);
  /// Moves what is staged to what is published.
  Result<void> mark_published();
  /// Adds verified versions that were published elsewhere.
  Result<void> take_over(const std::vector<tuf::NamedFile>& versions);
  /// Takes back what is staged of these roles, in this order.
  Result<void> unstage(const std::vector<std::string>& roles);

  /// Where the file of a listed target lies in this folder.
  std::filesystem::path target_file(std::string_view path, const tuf::TargetFile& file) const;
  /// Copies a file in as the target of that path and returns its entry.
  Result<tuf::TargetFile> take_in(std::string_view path, const std::filesystem::path& file);

  const std::filesystem::path& path() const { return folder_; }
  FileSystem& files() const { return *files_; }

 private:
  RepositoryFolder(FileSystem& files, std::filesystem::path folder, TenantId tenant)
      : files_(&files), folder_(std::move(folder)), tenant_(std::move(tenant)) {}

  static Result<RepositoryFolder> fill(FileSystem& files, const std::filesystem::path& folder,
                                       const RepositoryPlan& plan, const FirstVersions& first);
  Result<void> write_description() const;
  std::filesystem::path staged_path(std::string_view role) const;

  FileSystem* files_;
  std::filesystem::path folder_;
  TenantId tenant_;
  std::vector<PublicKeyFile> officers_;
};

/// The number in a role's document; 0 where it has none.
std::int64_t version_of(const tuf::Document& document);

}  // namespace kip
