#pragma once

#include <optional>
#include <vector>

#include <manifests/core/instant.hpp>

namespace kip {

/// What decides whether O is to be stamped now.
struct StampSituation {
  std::optional<Instant> last = {};  ///< when it was last asked for
  bool news = false;                 ///< O has grown since by more than stamps and heads
  std::vector<Instant> dues = {};    ///< limits of obligations, those of the last and the next days at least
};

/// At once where there is news, though not twice within a quarter of a minute, so that many acts are one stamp; an hour
/// and five minutes before each limit and a minute after it, so that what is missing can still be mended and lateness
/// be proven; else once a day. Source: docs/formats/timestamp.md, "When".
bool is_stamp_due(const StampSituation& situation, Instant now);

}  // namespace kip
