#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/log/merkle.hpp>

namespace kip::tlog {
namespace {

constexpr char kLeaf = '\x00';
constexpr char kNode = '\x01';

/// The left part of a tree of `size` leaves, at least two: the largest power of two below that.
std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

unsigned level_of(std::uint64_t width) {
  return static_cast<unsigned>(std::countr_zero(width));
}

/// The tree hash of the leaves from `begin` on, where `begin` is a multiple of the power of two that holds `count`.
Result<Sha256Digest> hash_range(std::uint64_t begin, std::uint64_t count, const NodeReader& read) {
  if (std::has_single_bit(count)) return read(level_of(count), begin >> level_of(count));
  const std::uint64_t left = split_of(count);
  KIP_TRY(const Sha256Digest first, read(level_of(left), begin >> level_of(left)));
  KIP_TRY(const Sha256Digest rest, hash_range(begin + left, count - left, read));
  return node_hash(first, rest);
}

/// Both walks of RFC 9162 go up from a leaf, or from the last leaf of an earlier tree, to the root.
struct Walk {
  std::uint64_t node;
  std::uint64_t last;  ///< of its level

  void up() {
    node >>= 1U;
    last >>= 1U;
  }
  /// Whether what comes from the proof stands to the left.
  bool takes_left() const { return (node & 1U) != 0 || node == last; }
  /// Above a node that has no right sibling.
  void skip_alone() {
    while (node != 0 && (node & 1U) == 0)
      up();
  }
};

Unexpected does_not_hold(std::string_view what) {
  return fail(ErrorCode::integrity, fmt::format("the {} proof does not hold", what));
}

}  // namespace

Sha256Digest leaf_hash(BytesView entry) {
  Sha256Hasher hasher;
  hasher.update({&kLeaf, 1});
  hasher.update(entry);
  return hasher.finish();
}

Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right) {
  Bytes text(1, kNode);
  text.reserve(1 + 2 * Sha256Digest::kSize);
  text += left.bytes();
  text += right.bytes();
  return sha256(text);
}

Sha256Digest empty_root() {
  static const Sha256Digest kEmpty = sha256({});
  return kEmpty;
}

Result<Frontier> Frontier::create(std::uint64_t size, std::vector<Sha256Digest> subtrees) {
  if (subtrees.size() != static_cast<std::size_t>(std::popcount(size))) {
    return fail(ErrorCode::malformed, fmt::format("a tree of {} leaves has {} perfect subtrees, not {}", size,
                                                  std::popcount(size), subtrees.size()));
  }
  Frontier out;
  out.size_ = size;
  out.subtrees_ = std::move(subtrees);
  return out;
}

void Frontier::append(const Sha256Digest& leaf) {
  Sha256Digest hash = leaf;
  for (std::uint64_t ones = size_; (ones & 1U) != 0; ones >>= 1U) {
    hash = node_hash(subtrees_.back(), hash);
    subtrees_.pop_back();
  }
  subtrees_.push_back(hash);
  ++size_;
}

Sha256Digest Frontier::root() const {
  if (subtrees_.empty()) return empty_root();
  Sha256Digest root = subtrees_.back();
  for (auto left = std::next(subtrees_.rbegin()); left != subtrees_.rend(); ++left)
    root = node_hash(*left, root);
  return root;
}

Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf, const Proof& proof,
                              const Sha256Digest& root) {
  if (index >= size || proof.size() > kMaxProof) return does_not_hold("inclusion");
  Walk walk{index, size - 1};
  Sha256Digest hash = leaf;
  for (const Sha256Digest& sibling : proof) {
    if (walk.last == 0) return does_not_hold("inclusion");
    if (walk.takes_left()) {
      hash = node_hash(sibling, hash);
      walk.skip_alone();
    } else {
      hash = node_hash(hash, sibling);
    }
    walk.up();
  }
  if (walk.last != 0 || hash != root) return does_not_hold("inclusion");
  return {};
}

Result<void> verify_consistency(const TreeHead& earlier, const TreeHead& later, const Proof& proof) {
  const bool in_order = 0 < earlier.size && earlier.size <= later.size;
  if (!in_order || proof.size() > kMaxProof) return does_not_hold("consistency");
  if (earlier.size == later.size) {
    if (!proof.empty() || earlier.root != later.root) return does_not_hold("consistency");
    return {};
  }
  // Where the earlier tree is one perfect subtree, its root is where the walk begins.
  const bool is_perfect = std::has_single_bit(earlier.size);
  if (proof.empty()) return does_not_hold("consistency");
  Walk walk{earlier.size - 1, later.size - 1};
  while ((walk.node & 1U) != 0)
    walk.up();
  Sha256Digest before = is_perfect ? earlier.root : proof.front();
  Sha256Digest after = before;
  for (auto next = is_perfect ? proof.begin() : std::next(proof.begin()); next != proof.end(); ++next) {
    if (walk.last == 0) return does_not_hold("consistency");
    if (walk.takes_left()) {
      before = node_hash(*next, before);
      after = node_hash(*next, after);
      walk.skip_alone();
    } else {
      after = node_hash(after, *next);
    }
    walk.up();
  }
  if (walk.last != 0 || before != earlier.root || after != later.root) return does_not_hold("consistency");
  return {};
}

Result<Sha256Digest> compute_root(std::uint64_t size, const NodeReader& read) {
  if (size == 0) return empty_root();
  return hash_range(0, size, read);
}

Result<Frontier> compute_frontier(std::uint64_t size, const NodeReader& read) {
  std::vector<Sha256Digest> subtrees;
  std::uint64_t begin = 0;
  while (begin < size) {
    const std::uint64_t width = std::bit_floor(size - begin);
    KIP_TRY(const Sha256Digest hash, read(level_of(width), begin >> level_of(width)));
    subtrees.push_back(hash);
    begin += width;
  }
  return Frontier::create(size, std::move(subtrees));
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const NodeReader& read) {
  if (index >= size) {
    return fail(ErrorCode::usage, fmt::format("a tree of {} leaves has no leaf {}", size, index));
  }
  Proof proof;
  std::uint64_t begin = 0;
  for (std::uint64_t count = size; count > 1;) {
    const std::uint64_t left = split_of(count);
    const bool goes_left = index < begin + left;
    KIP_TRY(const Sha256Digest other,
            goes_left ? hash_range(begin + left, count - left, read) : hash_range(begin, left, read));
    proof.push_back(other);
    if (!goes_left) begin += left;
    count = goes_left ? left : count - left;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Proof> prove_consistency(std::uint64_t earlier, std::uint64_t later, const NodeReader& read) {
  if (earlier == 0 || earlier > later) {
    return fail(ErrorCode::usage,
                fmt::format("a tree of {} leaves is no beginning of one of {} that could be proven", earlier, later));
  }
  Proof proof;
  std::uint64_t begin = 0;
  std::uint64_t count = later;
  // Down to the smallest subtree that ends where the earlier tree does.
  while (begin + count != earlier) {
    const std::uint64_t left = split_of(count);
    const bool goes_left = earlier <= begin + left;
    KIP_TRY(const Sha256Digest other,
            goes_left ? hash_range(begin + left, count - left, read) : hash_range(begin, left, read));
    proof.push_back(other);
    if (!goes_left) begin += left;
    count = goes_left ? left : count - left;
  }
  // The earlier tree's own root is known to whoever checks.
  if (begin != 0) {
    KIP_TRY(const Sha256Digest own, hash_range(begin, count, read));
    proof.push_back(own);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

}  // namespace kip::tlog
