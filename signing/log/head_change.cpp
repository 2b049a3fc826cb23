#include <signing/log/head_change.hpp>

namespace kip::tlog {

Result<HeadChange> compare_heads(const TreeHead& earlier, const TreeHead& later, const NodeReader& nodes) {
  if (earlier.size == later.size) return earlier.root == later.root ? HeadChange::same : HeadChange::forked;
  if (earlier.size > later.size) return HeadChange::shrunk;
  if (earlier.size == 0) return HeadChange::extends;
  // The root that the later tree has at the earlier size, proven under the later root.
  TreeHead then{earlier.size, empty_root()};
  KIP_TRY(then.root, compute_root(earlier.size, nodes));
  KIP_TRY(const Proof proof, prove_consistency(earlier.size, later.size, nodes));
  KIP_TRY_VOID(verify_consistency(then, later, proof));
  return then.root == earlier.root ? HeadChange::extends : HeadChange::forked;
}

}  // namespace kip::tlog
