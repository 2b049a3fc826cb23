#pragma once

#include <signing/log/merkle.hpp>

namespace kip::tlog {

/// How a head that a log has signed stands to one that it had signed before.
enum class HeadChange {
  same,
  extends,
  shrunk,  ///< it has fewer entries
  forked,  ///< the first entries are not those of the earlier one
};

/// Compares two heads of one log. `nodes` reads the later tree from wherever it is; nothing of it is believed before it
/// leads to the later root, so that damage on the way is no fork. Errors: integrity where it does not; those of the
/// reader.
Result<HeadChange> compare_heads(const TreeHead& earlier, const TreeHead& later, const NodeReader& nodes);

}  // namespace kip::tlog
