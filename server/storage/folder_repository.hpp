#pragma once

#include <filesystem>
#include <mutex>

#include <server/domain/repository_store.hpp>

namespace kip::server {

/// The repository as a folder:
///
///     metadata/N.ROLE.json, metadata/timestamp.json
///     targets/DIR/HASH.NAME
///     incoming/HASH            uploaded and not published yet; not served
///     publish.lock
///
/// Every write goes through the file-system port. Thread-safe.
class FolderRepository final : public RepositoryStore {
 public:
  /// Makes the folders that are missing.
  static Result<std::unique_ptr<FolderRepository>> open(FileSystem& files, const std::filesystem::path& root);

  Result<std::unique_ptr<FileLock>> lock() override;
  Result<tuf::RepositoryFiles> current() override;
  Result<std::vector<Bytes>> roots() override;
  Result<std::vector<tuf::NamedFile>> all_metadata() override;
  Result<std::unique_ptr<TargetUpload>> begin_upload(const Sha256Digest& digest) override;
  Result<std::optional<std::uint64_t>> find_target(const Sha256Digest& digest) override;
  Result<Bytes> read_upload(const Sha256Digest& digest, std::uint64_t max_bytes) override;
  Result<Bytes> read_manifest_of(const Sha256Digest& digest) override;
  Result<void> place_target(std::string_view location, const Sha256Digest& digest, std::int64_t length) override;
  Result<void> write_target(std::string_view location, BytesView bytes) override;
  Result<Bytes> read_target(std::string_view location) override;
  Result<Bytes> read_manifest(std::string_view location) override;
  Result<void> write_metadata(const std::vector<tuf::NamedFile>& files) override;

 private:
  FolderRepository(FileSystem& files, std::filesystem::path root) : files_(files), root_(std::move(root)) {}

  std::filesystem::path incoming(const Sha256Digest& digest) const { return root_ / "incoming" / digest.hex(); }
  /// The path of a target with its directories made; checked to be a harmless one.
  Result<std::filesystem::path> make_place(std::string_view location);
  Result<std::optional<std::uint64_t>> size_of(const std::filesystem::path& path);
  /// A file below the folder whose name begins so.
  Result<std::optional<std::filesystem::path>> find_below(const std::filesystem::path& folder,
                                                          const std::string& prefix, int depth);
  Result<std::optional<Bytes>> read_metadata(const std::string& name, std::size_t max_bytes);
  Result<Bytes> read_listed(std::string_view role, const tuf::MetaFile& meta, std::size_t max_bytes);

  FileSystem& files_;
  std::filesystem::path root_;
};

}  // namespace kip::server
