#include <algorithm>

#include <signing/storage/memory_file.hpp>
#include <signing/storage/storage_error.hpp>

namespace kip {

Result<void> MemoryFileSystem::State::mutate(std::string_view doing, const std::filesystem::path& path) {
  ++mutations;
  if (mutations < fault_first || mutations > fault_last) return {};
  return storage_failure(fault_code, doing, path);
}

Result<void> MemoryFileSystem::State::expect_alive(std::uint64_t start, const std::filesystem::path& path) const {
  if (start == starts) return {};
  return storage_failure(ErrorCode::storage, "using", path, "that file was open before a restart");
}

namespace memory {
namespace {

class MemoryInput final : public InputFile {
 public:
  MemoryInput(State& state, NodePointer node, std::filesystem::path path)
      : state_(state), node_(std::move(node)), path_(std::move(path)), start_(state.starts) {}

  Result<std::size_t> read(std::span<char> out) override {
    KIP_TRY(const std::size_t count, read_at(position_, out));
    position_ += count;
    return count;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    const std::scoped_lock guard(state_.mutex);
    KIP_TRY_VOID(state_.expect_alive(start_, path_));
    if (offset >= node_->content.size()) return std::size_t{0};
    return node_->content.copy(out.data(), out.size(), static_cast<std::size_t>(offset));
  }

  Result<std::uint64_t> size() override {
    const std::scoped_lock guard(state_.mutex);
    KIP_TRY_VOID(state_.expect_alive(start_, path_));
    return std::uint64_t{node_->content.size()};
  }

 private:
  State& state_;
  NodePointer node_;
  std::filesystem::path path_;
  std::uint64_t start_;
  std::uint64_t position_ = 0;
};

class MemoryOutput final : public OutputFile {
 public:
  MemoryOutput(State& state, NodePointer node, std::filesystem::path path)
      : state_(state), node_(std::move(node)), path_(std::move(path)), start_(state.starts) {}

  Result<void> write(BytesView bytes) override {
    const std::scoped_lock guard(state_.mutex);
    KIP_TRY_VOID(state_.expect_alive(start_, path_));
    auto allowed = state_.mutate("writing", path_);
    if (!allowed) {
      append(bytes.substr(0, bytes.size() / 2));
      return allowed;
    }
    const auto room = std::min<std::uint64_t>(state_.capacity - state_.used, bytes.size());
    append(bytes.substr(0, static_cast<std::size_t>(room)));
    if (room < bytes.size()) return storage_failure(ErrorCode::disk_full, "writing", path_);
    return {};
  }

  Result<void> sync() override {
    const std::scoped_lock guard(state_.mutex);
    KIP_TRY_VOID(state_.expect_alive(start_, path_));
    KIP_TRY_VOID(state_.mutate("making durable", path_));
    node_->durable_content = node_->content;
    return {};
  }

  Result<void> close() override {
    const std::scoped_lock guard(state_.mutex);
    KIP_TRY_VOID(state_.expect_alive(start_, path_));
    return state_.mutate("closing", path_);
  }

 private:
  void append(BytesView bytes) {
    node_->content += bytes;
    state_.used += bytes.size();
  }

  State& state_;
  NodePointer node_;
  std::filesystem::path path_;
  std::uint64_t start_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(State& state, std::string key) : state_(state), key_(std::move(key)), start_(state.starts) {}
  ~MemoryLock() override {
    const std::scoped_lock guard(state_.mutex);
    if (start_ == state_.starts) state_.locked.erase(key_);
  }

 private:
  State& state_;
  std::string key_;
  std::uint64_t start_;
};

}  // namespace

std::unique_ptr<InputFile> make_input(State& state, NodePointer node, const std::filesystem::path& path) {
  return std::make_unique<MemoryInput>(state, std::move(node), path);
}

std::unique_ptr<OutputFile> make_output(State& state, NodePointer node, const std::filesystem::path& path) {
  return std::make_unique<MemoryOutput>(state, std::move(node), path);
}

std::unique_ptr<FileLock> make_lock(State& state, std::string key) {
  return std::make_unique<MemoryLock>(state, std::move(key));
}

}  // namespace memory
}  // namespace kip
