#include <mutex>

#include <signing/storage/memory_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/storage/storage_error.hpp>

namespace kip {
namespace {

using memory::Node;
using memory::NodePointer;
using memory::Place;

NodePointer make_node(FileKind kind, unsigned mode) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->mode = mode;
  return node;
}

bool is_directory(const NodePointer& node) {
  return node && node->kind == FileKind::directory;
}

Unexpected taken(std::string_view doing, const std::filesystem::path& path) {
  return storage_failure(ErrorCode::conflict, doing, path,
                         "that name is taken already; remove what is there or choose another name");
}

/// What rename(2) refuses.
Result<void> expect_renamable(const NodePointer& node, const NodePointer& replaced, const std::filesystem::path& from,
                              const std::filesystem::path& to) {
  const auto below = to.lexically_normal().lexically_relative(from.lexically_normal());
  if (is_directory(node) && below != "." && !below.empty() && *below.begin() != "..") {
    return storage_failure(ErrorCode::conflict, "moving", from, "a directory cannot be moved into itself");
  }
  if (!replaced || replaced == node) return {};
  if (is_directory(node) != is_directory(replaced)) return storage_failure(ErrorCode::conflict, "moving to", to);
  if (is_directory(replaced) && !replaced->entries.empty()) return taken("moving to", to);
  return {};
}

}  // namespace

MemoryFileSystem::MemoryFileSystem(std::uint64_t capacity) : state_(std::make_unique<State>()) {
  state_->capacity = capacity;
}

MemoryFileSystem::~MemoryFileSystem() = default;

std::uint64_t MemoryFileSystem::mutations() const {
  const std::scoped_lock guard(state_->mutex);
  return state_->mutations;
}

void MemoryFileSystem::fail_once(std::uint64_t nth, ErrorCode code) {
  fail_from(nth, code);
  const std::scoped_lock guard(state_->mutex);
  state_->fault_last = state_->fault_first;
}

void MemoryFileSystem::fail_from(std::uint64_t nth, ErrorCode code) {
  const std::scoped_lock guard(state_->mutex);
  state_->fault_first = state_->mutations + nth;
  state_->fault_last = std::numeric_limits<std::uint64_t>::max();
  state_->fault_code = code;
}

void MemoryFileSystem::restart() {
  const std::scoped_lock guard(state_->mutex);
  ++state_->starts;
  state_->fault_first = state_->fault_last = 0;
  state_->locked.clear();
}

void MemoryFileSystem::lose_power(Loss loss) {
  restart();
  const std::scoped_lock guard(state_->mutex);
  memory::drop_volatile(*state_->tree.root(), loss == Loss::unsynced_contents);
  state_->used = state_->tree.used();
}

Result<std::unique_ptr<InputFile>> MemoryFileSystem::open_input(const std::filesystem::path& path, Links links) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(NodePointer node, state_->tree.find(path, links, "reading"));
  if (node->kind != FileKind::file) return storage_failure(ErrorCode::conflict, "reading", path);
  return memory::make_input(*state_, std::move(node), path);
}

Result<std::unique_ptr<OutputFile>> MemoryFileSystem::open_output(const std::filesystem::path& path, OutputMode how,
                                                                  unsigned mode) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place place, state_->tree.place(path, "creating"));
  NodePointer node = place.node();
  if (node && how == OutputMode::create_new) return taken("creating", path);
  if (node && node->kind != FileKind::file) return storage_failure(ErrorCode::conflict, "writing", path);
  if (!node) {
    KIP_TRY_VOID(state_->mutate("creating", path));
    node = make_node(FileKind::file, mode);
    place.directory->entries[place.name] = node;
  }
  return memory::make_output(*state_, std::move(node), path);
}

Result<void> MemoryFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place source, state_->tree.place(from, "moving"));
  KIP_TRY(const Place goal, state_->tree.place(to, "moving to"));
  const NodePointer node = source.node();
  if (!node) return storage_failure(ErrorCode::not_found, "moving", from);
  KIP_TRY_VOID(expect_renamable(node, goal.node(), from, to));
  KIP_TRY_VOID(state_->mutate("moving", from));
  source.directory->entries.erase(source.name);
  goal.directory->entries[goal.name] = node;
  state_->used = state_->tree.used();
  return {};
}

Result<void> MemoryFileSystem::remove(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place place, state_->tree.place(path, "removing"));
  const NodePointer node = place.node();
  if (!node) return storage_failure(ErrorCode::not_found, "removing", path);
  if (!node->entries.empty()) {
    return storage_failure(ErrorCode::conflict, "removing", path, "that directory is not empty");
  }
  KIP_TRY_VOID(state_->mutate("removing", path));
  place.directory->entries.erase(place.name);
  state_->used = state_->tree.used();
  return {};
}

Result<void> MemoryFileSystem::remove_tree(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  const auto place = state_->tree.place(path, "removing");
  if (!place && place.error().code == ErrorCode::not_found) return {};
  if (!place) return Unexpected(place.error());
  const NodePointer node = place->node();
  if (!node) return {};
  if (auto allowed = state_->mutate("removing", path); !allowed) {
    if (!node->entries.empty()) node->entries.erase(node->entries.begin());
    return allowed;
  }
  place->directory->entries.erase(place->name);
  state_->used = state_->tree.used();
  return {};
}

Result<void> MemoryFileSystem::make_directory(const std::filesystem::path& path, unsigned mode) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place place, state_->tree.place(path, "making the directory"));
  if (place.node()) return taken("making the directory", path);
  KIP_TRY_VOID(state_->mutate("making the directory", path));
  place.directory->entries[place.name] = make_node(FileKind::directory, mode);
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list_directory(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const NodePointer node, state_->tree.find(path, Links::follow, "listing"));
  if (!is_directory(node)) return storage_failure(ErrorCode::conflict, "listing", path);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->entries)
    names.push_back(name);
  return names;
}

Result<FileStatus> MemoryFileSystem::status(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const NodePointer node, state_->tree.find(path, Links::refuse, "looking at"));
  return FileStatus{node->kind, node->content.size(), node->mode};
}

Result<void> MemoryFileSystem::sync_directory(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const NodePointer node, state_->tree.find(path, Links::follow, "making durable"));
  if (!is_directory(node)) return storage_failure(ErrorCode::conflict, "making durable", path);
  KIP_TRY_VOID(state_->mutate("making durable", path));
  node->durable_entries = node->entries;
  return {};
}

Result<void> MemoryFileSystem::sync_tree(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const NodePointer node, state_->tree.find(path, Links::follow, "making durable"));
  if (!is_directory(node)) return storage_failure(ErrorCode::conflict, "making durable", path);
  KIP_TRY_VOID(state_->mutate("making durable", path));
  memory::make_durable(*node);
  return {};
}

Result<void> MemoryFileSystem::write_pointer(const std::filesystem::path& link, const std::filesystem::path& target) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place place, state_->tree.place(link, "setting the pointer"));
  const NodePointer replaced = place.node();
  if (replaced && replaced->kind != FileKind::symlink) {
    return storage_failure(ErrorCode::conflict, "setting the pointer", link,
                           "that is a file or directory, not a pointer; move it away");
  }
  KIP_TRY_VOID(state_->mutate("setting the pointer", link));
  constexpr unsigned kLinkMode = 0777;
  auto node = make_node(FileKind::symlink, kLinkMode);
  node->target = target;
  place.directory->entries[place.name] = std::move(node);
  return {};
}

Result<std::filesystem::path> MemoryFileSystem::read_pointer(const std::filesystem::path& link) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const NodePointer node, state_->tree.find(link, Links::refuse, "reading the pointer"));
  if (node->kind == FileKind::symlink) return node->target;
  return storage_failure(ErrorCode::conflict, "reading the pointer", link, "that is no pointer");
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  KIP_TRY(const Place place, state_->tree.place(path, "locking"));
  const NodePointer node = place.node();
  if (node && node->kind != FileKind::file) return storage_failure(ErrorCode::conflict, "locking", path);
  auto key = path.lexically_normal().string();
  if (state_->locked.contains(key)) return storage_failure(ErrorCode::busy, "locking", path);
  if (!node) {
    KIP_TRY_VOID(state_->mutate("locking", path));
    constexpr unsigned kOwnerOnly = 0600;
    place.directory->entries[place.name] = make_node(FileKind::file, kOwnerOnly);
  }
  state_->locked.insert(key);
  return memory::make_lock(*state_, std::move(key));
}

Result<std::uint64_t> MemoryFileSystem::free_space(const std::filesystem::path& path) {
  const std::scoped_lock guard(state_->mutex);
  const auto found = state_->tree.find(path, Links::follow, "asking for the free space at");
  if (!found) return Unexpected(found.error());
  return state_->capacity - state_->used;
}

}  // namespace kip
