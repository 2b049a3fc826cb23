#pragma once

#include <cstddef>
#include <cstdint>

#include <manifests/core/bytes.hpp>

/// One input, run by libFuzzer or by replay.cpp: 0 where it was tried, -1 where it is longer than kMaxInput. A broken
/// promise ends the process.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace kip::fuzz {

/// Octets of an input at most; with the limits of each target it bounds the time and memory of one run.
inline constexpr std::size_t kMaxInput = 16U << 10U;

inline BytesView view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Cuts off and returns what stands before the first `separator`; all of `rest` where there is none.
inline BytesView take_until(BytesView& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const BytesView taken = rest.substr(0, end);
  rest = end == BytesView::npos ? BytesView() : rest.substr(end + 1);
  return taken;
}

}  // namespace kip::fuzz
