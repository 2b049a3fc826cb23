#pragma once

// Inside signing/package only.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <manifests/model/package_manifest.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// Makes files in a thread of its own, one after the other in the order in which they come, while the caller decodes
/// and hashes the next ones. All that changes the file system happens there. A few megabytes at most wait to be
/// written.
///
/// Thread rule: one caller. What `open` refers to must outlive it, and nobody else may use that meanwhile.
class WriteBehind {
 public:
  using Open = std::function<Result<std::unique_ptr<OutputFile>>(const PackageFile&)>;

  explicit WriteBehind(Open open);
  /// What was not written yet is dropped.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  /// The next file; its content goes to what is returned, which is to be closed before the next call. Errors of an
  /// earlier file come with a later one.
  Result<std::unique_ptr<OutputFile>> open(const PackageFile& file);
  /// Waits for all of it. Error: the first one.
  Result<void> finish();

 private:
  class File;
  struct Piece {
    std::optional<PackageFile> file = {};  ///< that begins with it
    Bytes bytes = {};
    bool is_last = false;
  };

  Result<void> add(Piece piece);
  Result<void> write(const Piece& piece);
  void run();
  void join();

  Open open_;
  std::unique_ptr<OutputFile> output_;  ///< of the file that is being written
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> waiting_;  // guarded, as all below
  std::size_t octets_ = 0;     ///< of what waits
  bool is_over_ = false;       ///< nothing more comes
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace kip
