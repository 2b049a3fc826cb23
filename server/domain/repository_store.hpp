#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/digest.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::server {

/// A target that is arriving. Destroyed before finish(), nothing of it stays. Not thread-safe.
class TargetUpload {
 public:
  virtual ~TargetUpload() = default;
  /// Errors: storage, disk_full.
  virtual Result<void> write(BytesView piece) = 0;
  /// On return the bytes are durable. Errors: integrity where their hash is not the one announced.
  virtual Result<std::uint64_t> finish() = 0;
};

/// One tenant's published repository: metadata and targets as any web server could serve them. Thread-safe, but
/// changing it is for the holder of lock().
class RepositoryStore {
 public:
  virtual ~RepositoryStore() = default;

  /// Errors: busy where somebody else is publishing.
  virtual Result<std::unique_ptr<FileLock>> lock() = 0;

  /// The newest root, and what the timestamp leads to from it. Files that a publication which never came to its end has
  /// left are not seen. Errors: malformed, integrity where the files do not fit together; storage.
  virtual Result<tuf::RepositoryFiles> current() = 0;
  /// Every root from version 1 on, in order; none before the first publication.
  virtual Result<std::vector<Bytes>> roots() = 0;

  /// All metadata that is there, also what newer versions have replaced. Errors: storage.
  virtual Result<std::vector<tuf::NamedFile>> all_metadata() = 0;

  /// Starts taking in a target by the hash that it must have. Errors: storage, disk_full.
  virtual Result<std::unique_ptr<TargetUpload>> begin_upload(const Sha256Digest& digest) = 0;
  /// The length of an uploaded or published target with that hash, or nothing.
  virtual Result<std::optional<std::uint64_t>> find_target(const Sha256Digest& digest) = 0;
  /// The whole of what was uploaded with that hash and is no target. Errors: not_found; too_large above `max_bytes`.
  virtual Result<Bytes> read_upload(const Sha256Digest& digest, std::uint64_t max_bytes) = 0;
  /// The manifest of a package that was uploaded with that hash or is published. Errors: not_found; those of
  /// kip::read_package_manifest().
  virtual Result<Bytes> read_manifest_of(const Sha256Digest& digest) = 0;
  /// Puts an uploaded target where clients look for it: `location` is tuf::target_location(). Being there already is no
  /// error. Errors: not_found where it was not uploaded; integrity where it has another length.
  virtual Result<void> place_target(std::string_view location, const Sha256Digest& digest, std::int64_t length) = 0;
  /// Writes a small target there. On return it is durable.
  virtual Result<void> write_target(std::string_view location, BytesView bytes) = 0;
  /// The whole of a small target. Errors: not_found, storage.
  virtual Result<Bytes> read_target(std::string_view location) = 0;

  /// The manifest of a package that is published there. Errors: not_found; those of kip::read_package_manifest().
  virtual Result<Bytes> read_manifest(std::string_view location) = 0;

  /// Writes metadata in the given order, each durable before the next begins.
  virtual Result<void> write_metadata(const std::vector<tuf::NamedFile>& files) = 0;
};

}  // namespace kip::server
