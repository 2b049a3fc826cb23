#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// A directory that is ours alone, to put a version's files into.
class Staging {
 public:
  /// Error conflict where something is there that is not an empty directory.
  static Result<Staging> prepare(FileSystem& files, const std::filesystem::path& staging);

  /// A new file at its place; directories are made with mode 0755.
  Result<std::unique_ptr<OutputFile>> open(const PackageFile& file);
  Result<void> make_durable();
  /// Takes back all that was made.
  Result<void> discard();

 private:
  Staging(FileSystem& files, std::filesystem::path root, bool is_new)
      : files_(files), root_(std::move(root)), is_new_(is_new) {}

  FileSystem& files_;
  std::filesystem::path root_;
  bool is_new_;
  std::set<std::string> directories_;
};

/// Asked before each file; a failure of its own breaks off.
using Proceed = std::function<Result<void>()>;

/// Prepares a staging directory and lets `fill` put a version into it; on failure it is as before, missing or empty.
Result<PackageManifest> fill_staging(FileSystem& files, const std::filesystem::path& folder,
                                     const std::function<Result<PackageManifest>(Staging&)>& fill);

}  // namespace kip
