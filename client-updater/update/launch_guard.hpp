#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <client-updater/update/layout.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// Keeps programs that are started by `kip-updater launch` out while what they read is being changed: by a lock, which
/// each of them shares as long as it runs, and by a file that stands for it through a crash. Not thread-safe; the file
/// system and the layout must outlive it. Format: docs/formats/install-folder.md
class LaunchGuard {
 public:
  LaunchGuard(FileSystem& files, const Layout& layout) : files_(files), layout_(layout) {}

  /// Durable on return. `update`: who keeps them out. Errors: busy where such a program runs.
  Result<void> raise(std::string_view update);
  /// Whether no program can have been started since that update raised it.
  Result<bool> is_up(std::string_view update);
  /// Lets programs in; repeating it is no error.
  Result<void> lower();

 private:
  FileSystem& files_;
  const Layout& layout_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace kip::updater
