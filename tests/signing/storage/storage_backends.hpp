#pragma once

#include <functional>
#include <memory>
#include <string>

#include <signing/storage/memory_file_system.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::testing {

/// A backend of the file-system port with an empty directory in it.
struct StorageBackend {
  std::string name;
  std::unique_ptr<TemporaryDirectory> directory;
  std::unique_ptr<FileSystem> files;
  std::filesystem::path root;
  /// The same storage seen by a program that has just started.
  std::function<void(StorageBackend&)> reopen;
};

struct StorageBackendMaker {
  const char* name;
  StorageBackend (*make)();
};

inline void PrintTo(const StorageBackendMaker& row, std::ostream* out) {
  *out << row.name;
}

inline StorageBackend make_memory_backend() {
  StorageBackend backend{"memory", nullptr, std::make_unique<MemoryFileSystem>(), "/root", {}};
  EXPECT_THAT(backend.files->make_directory(backend.root, 0755), is_ok());
  backend.reopen = [](StorageBackend& self) { dynamic_cast<MemoryFileSystem&>(*self.files).restart(); };
  return backend;
}

inline StorageBackend make_posix_backend() {
  auto directory = std::make_unique<TemporaryDirectory>();
  const auto root = directory->path();
  return {"posix", std::move(directory), std::make_unique<PosixFileSystem>(), root,
          [](StorageBackend& self) { self.files = std::make_unique<PosixFileSystem>(); }};
}

/// Writes a file that must not exist yet; nothing is synced.
inline void write_new_file(FileSystem& files, const std::filesystem::path& path, BytesView bytes,
                           unsigned mode = 0644) {
  auto output = files.open_output(path, OutputMode::create_new, mode);
  ASSERT_THAT(output, is_ok());
  ASSERT_THAT((*output)->write(bytes), is_ok());
  ASSERT_THAT((*output)->close(), is_ok());
}

/// The content of a small file, or "(error code)".
inline std::string content_of(FileSystem& files, const std::filesystem::path& path) {
  auto bytes = read_file(files, path, 1U << 20U);
  return bytes ? *std::move(bytes) : "(" + std::string(to_string(bytes.error().code)) + ")";
}

}  // namespace kip::testing
