#include <signing/storage/memory_tree.hpp>
#include <signing/storage/storage_error.hpp>

namespace kip::memory {
namespace {

constexpr int kMaxLinks = 16;

/// From the root: in memory a relative path begins there too.
std::vector<std::string> components(const std::filesystem::path& path) {
  std::vector<std::string> out;
  for (const auto& part : path.lexically_normal().relative_path()) {
    if (!part.empty() && part != ".") out.push_back(part.string());
  }
  return out;
}

std::uint64_t octets(const Node& node) {
  std::uint64_t sum = node.content.size();
  for (const auto& [name, child] : node.entries)
    sum += octets(*child);
  return sum;
}

}  // namespace

NodePointer Place::node() const {
  const auto found = directory->entries.find(name);
  return found == directory->entries.end() ? nullptr : found->second;
}

Tree::Tree() : root_(std::make_shared<Node>()) {
  root_->kind = FileKind::directory;
  root_->mode = 0755;
}

Result<NodePointer> Tree::walk(const std::filesystem::path& path, Links links, std::string_view doing,
                               int links_left) const {
  if (links_left == 0) return storage_failure(ErrorCode::conflict, doing, path, "too many links lead to each other");
  NodePointer node = root_;
  std::filesystem::path here = "/";
  const auto parts = components(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (node->kind != FileKind::directory) return storage_failure(ErrorCode::conflict, doing, path);
    NodePointer child = Place{node, parts[i]}.node();
    if (!child) return storage_failure(ErrorCode::not_found, doing, path);
    const bool last = i + 1 == parts.size();
    if (child->kind == FileKind::symlink && (!last || links == Links::follow)) {
      KIP_TRY(child, walk(here / child->target, Links::follow, doing, links_left - 1));
    }
    here /= parts[i];
    node = std::move(child);
  }
  return node;
}

Result<NodePointer> Tree::find(const std::filesystem::path& path, Links links, std::string_view doing) const {
  return walk(path, links, doing, kMaxLinks);
}

Result<Place> Tree::place(const std::filesystem::path& path, std::string_view doing) const {
  const auto parts = components(path);
  if (parts.empty()) return storage_failure(ErrorCode::conflict, doing, path);
  std::filesystem::path parent = "/";
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    parent /= parts[i];
  auto directory = walk(parent, Links::follow, doing, kMaxLinks);
  if (!directory) return storage_failure(directory.error().code, doing, path);
  if ((*directory)->kind != FileKind::directory) return storage_failure(ErrorCode::conflict, doing, path);
  return Place{*std::move(directory), parts.back()};
}

std::uint64_t Tree::used() const {
  return octets(*root_);
}

void make_durable(Node& node) {
  node.durable_content = node.content;
  node.durable_entries = node.entries;
  for (const auto& [name, child] : node.entries)
    make_durable(*child);
}

void drop_volatile(Node& node, bool keep_names) {
  node.content = node.durable_content;
  if (!keep_names) node.entries = node.durable_entries;
  node.durable_entries = node.entries;
  for (const auto& [name, child] : node.entries)
    drop_volatile(*child, keep_names);
}

}  // namespace kip::memory
