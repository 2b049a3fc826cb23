#pragma once

#include <limits>
#include <memory>

#include <signing/storage/file_system.hpp>

namespace kip {

/// Files in memory, for tests and for what is needed only for a moment: the same behaviour as a real file system, and
/// on demand its failures.
///
/// Every mutating call is counted: open_output that makes a file, write, sync, close, rename, remove, remove_tree,
/// make_directory, sync_directory, sync_tree, write_pointer, lock that makes its file. A test runs its subject once to
/// learn the count, then fails or stops it at each number in turn. A write that fails has written its first half, a
/// remove_tree that fails has removed one entry; every other failing call has changed nothing.
///
/// Only what was synced survives lose_power(), as the port promises and not a bit more: contents without sync() are
/// empty or what the last sync() left; names without sync_directory() are as they were at the last one.
///
/// Permissions are stored, not enforced. Thread-safe; must outlive its handles.
class MemoryFileSystem : public FileSystem {
 public:
  /// What a power cut takes: everything that was not synced, or contents only, as a journal that commits names before
  /// data does.
  enum class Loss { everything_unsynced, unsynced_contents };

  explicit MemoryFileSystem(std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max());
  ~MemoryFileSystem() override;

  /// Mutating calls so far, failed ones included.
  std::uint64_t mutations() const;
  /// The nth mutating call from now (1 is the next) fails with this code.
  void fail_once(std::uint64_t nth, ErrorCode code);
  /// That one and all after it fail: a full disk stays full, a process that was killed does nothing more.
  void fail_from(std::uint64_t nth, ErrorCode code);
  /// As after kill -9 and a new start: handles and locks are gone, faults too, nothing is lost.
  void restart();
  /// restart() after a power cut.
  void lose_power(Loss loss);

  Result<std::unique_ptr<InputFile>> open_input(const std::filesystem::path& path, Links links) override;
  Result<std::unique_ptr<OutputFile>> open_output(const std::filesystem::path& path, OutputMode how,
                                                  unsigned mode) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> remove_tree(const std::filesystem::path& path) override;
  Result<void> make_directory(const std::filesystem::path& path, unsigned mode) override;
  Result<std::vector<std::string>> list_directory(const std::filesystem::path& path) override;
  Result<FileStatus> status(const std::filesystem::path& path) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;
  Result<void> sync_tree(const std::filesystem::path& path) override;
  Result<void> write_pointer(const std::filesystem::path& link, const std::filesystem::path& target) override;
  Result<std::filesystem::path> read_pointer(const std::filesystem::path& link) override;
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override;
  Result<std::uint64_t> free_space(const std::filesystem::path& path) override;

  /// Inside signing/storage only.
  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace kip
