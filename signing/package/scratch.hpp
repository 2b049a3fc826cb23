#pragma once

#include <filesystem>

#include <signing/storage/file_system.hpp>

namespace kip {

/// A folder for the time of one call; one that a crash has left is taken over. The file system must outlive it.
class Scratch {
 public:
  Scratch(FileSystem& files, std::filesystem::path root) : files_(files), root_(std::move(root)) {}
  ~Scratch() { static_cast<void>(files_.remove_tree(root_)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// ".NAME.kip-scratch" in the same directory.
  static std::filesystem::path beside(const std::filesystem::path& path) {
    const auto named = path.has_filename() ? path : path.parent_path();
    return directory_of(named) / ("." + named.filename().string() + ".kip-scratch");
  }

  Result<void> prepare() {
    constexpr unsigned kOwnerOnly = 0700;
    KIP_TRY_VOID(files_.remove_tree(root_));
    return files_.make_directory(root_, kOwnerOnly);
  }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return root_ / name; }

 private:
  FileSystem& files_;
  std::filesystem::path root_;
};

}  // namespace kip
