#pragma once

// Inside signing/storage only: the tree of files in memory, with what of it is durable.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <signing/storage/file_system.hpp>

namespace kip::memory {

struct Node;
/// Shared: a node is reached from the tree as it is seen, from the tree as a power cut would leave it, and from
/// handles.
using NodePointer = std::shared_ptr<Node>;
using Entries = std::map<std::string, NodePointer>;

/// A file, directory or link. Which members count depends on the kind.
struct Node {
  FileKind kind = FileKind::file;
  unsigned mode = 0;
  Bytes content;
  Bytes durable_content;
  Entries entries;
  Entries durable_entries;
  std::filesystem::path target;
};

/// Where a name stands or could stand.
struct Place {
  NodePointer directory;
  std::string name;

  NodePointer node() const;
};

/// Not thread-safe. `doing` is for messages.
class Tree {
 public:
  Tree();

  /// The node at a path. A link as the last component is returned itself or followed.
  Result<NodePointer> find(const std::filesystem::path& path, Links links, std::string_view doing) const;
  /// The directory that holds the last component, and that component. Error conflict for the root.
  Result<Place> place(const std::filesystem::path& path, std::string_view doing) const;
  /// Octets in files of the tree as it is seen.
  std::uint64_t used() const;
  const NodePointer& root() const { return root_; }

 private:
  Result<NodePointer> walk(const std::filesystem::path& path, Links links, std::string_view doing,
                           int links_left) const;

  NodePointer root_;
};

/// Makes the node and all below it durable.
void make_durable(Node& node);
/// Puts the node and all below it back to what is durable; with `keep_names`, contents only.
void drop_volatile(Node& node, bool keep_names);

}  // namespace kip::memory
