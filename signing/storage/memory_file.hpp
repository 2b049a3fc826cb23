#pragma once

// Inside signing/storage only: what the in-memory file system and its handles share.

#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <signing/storage/memory_file_system.hpp>
#include <signing/storage/memory_tree.hpp>

namespace kip {

struct MemoryFileSystem::State {
  std::mutex mutex;  ///< guards all below, and the nodes
  memory::Tree tree;
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used = 0;
  std::uint64_t mutations = 0;
  std::uint64_t fault_first = 0;  ///< the number of the mutation that fails; 0: none does
  std::uint64_t fault_last = 0;
  ErrorCode fault_code = ErrorCode::storage;
  std::uint64_t starts = 0;  ///< a handle of an earlier start is dead
  std::set<std::string> locked;

  /// Counts a mutating call and fails it where a fault is due.
  Result<void> mutate(std::string_view doing, const std::filesystem::path& path);
  /// Fails where the handle's start is over.
  Result<void> expect_alive(std::uint64_t start, const std::filesystem::path& path) const;
};

namespace memory {

using State = MemoryFileSystem::State;

std::unique_ptr<InputFile> make_input(State& state, NodePointer node, const std::filesystem::path& path);
std::unique_ptr<OutputFile> make_output(State& state, NodePointer node, const std::filesystem::path& path);
/// `key` stands in state.locked until the lock is destroyed.
std::unique_ptr<FileLock> make_lock(State& state, std::string key);

}  // namespace memory
}  // namespace kip
