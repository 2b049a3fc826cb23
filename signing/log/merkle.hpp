#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <manifests/core/digest.hpp>

/// Transparency logs: Merkle trees of RFC 6962, in the formats of C2SP (tlog-tiles, signed-note, tlog-checkpoint,
/// tlog-cosignature, tlog-proof). Format: docs/formats/log.md
namespace kip::tlog {

/// SHA-256 of 0x00 and the entry. Source: RFC 6962 section 2.1.
Sha256Digest leaf_hash(BytesView entry);
/// SHA-256 of 0x01 and both.
Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right);
/// Of a tree without leaves: SHA-256 of nothing.
Sha256Digest empty_root();

/// What has to be kept of a tree to add leaves and to tell its root: the roots of its perfect subtrees from left to
/// right, at most 64. A value.
class Frontier {
 public:
  Frontier() = default;
  /// Errors: malformed where the number of subtrees is not that of the size's binary ones.
  static Result<Frontier> create(std::uint64_t size, std::vector<Sha256Digest> subtrees);

  void append(const Sha256Digest& leaf);
  std::uint64_t size() const { return size_; }
  Sha256Digest root() const;

  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Sha256Digest> subtrees_;
};

using Proof = std::vector<Sha256Digest>;
/// No tree of fewer than 2^64 leaves needs more.
inline constexpr std::size_t kMaxProof = 64;

/// That the leaf stands at that place of the tree with that root. Errors: integrity.
/// Source: RFC 9162 section 2.1.3.2.
Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf, const Proof& proof,
                              const Sha256Digest& root);

/// A tree as a signed head tells it.
struct TreeHead {
  std::uint64_t size = 0;
  Sha256Digest root = empty_root();

  bool operator==(const TreeHead&) const = default;
};

/// That the later tree begins with all of the earlier one. An empty tree is a beginning of every tree, so that a proof
/// about it would say nothing: it is refused. Errors: integrity. Source: RFC 9162 section 2.1.4.2.
Result<void> verify_consistency(const TreeHead& earlier, const TreeHead& later, const Proof& proof);

/// Tells the root of the perfect subtree over the 2^`level` leaves from `index` * 2^`level` on.
using NodeReader = std::function<Result<Sha256Digest>(unsigned level, std::uint64_t index)>;

/// Of the first `size` leaves. Errors: those of the reader.
Result<Sha256Digest> compute_root(std::uint64_t size, const NodeReader& read);
Result<Frontier> compute_frontier(std::uint64_t size, const NodeReader& read);
/// Errors: usage where the tree has no such leaf; those of the reader. Source: RFC 6962 section 2.1.1.
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const NodeReader& read);
/// Errors: usage where the earlier tree is empty or larger; those of the reader. Source: RFC 6962 section 2.1.2.
Result<Proof> prove_consistency(std::uint64_t earlier, std::uint64_t later, const NodeReader& read);

}  // namespace kip::tlog
