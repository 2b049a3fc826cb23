#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kip {

/// How long to stay away after a failure: `first`, doubled `times` times, and at most `longest`. Pure.
template <class Duration>
Duration doubled(Duration first, Duration longest, std::int64_t times) {
  for (; times > 0 && first < longest; --times)
    first *= 2;
  return std::min(first, longest);
}

}  // namespace kip
