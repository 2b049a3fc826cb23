#pragma once

// Inside signing/package only: owners of libzstd's contexts, and what both readers of frames look at themselves.

#include <memory>

#include <zstd.h>

namespace kip::zstd {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
constexpr int kMinWindowLog = 10;

/// Whether a frame asks for a window of more than 2^max_log octets. `descriptor`: the octet of its header that says so.
/// libzstd does not look at it in a frame that it decodes at once. Source: RFC 8878, 3.1.1.1.2.
inline bool asks_for_more(char descriptor, int max_log) {
  const auto window = static_cast<unsigned char>(descriptor);
  const int log = kMinWindowLog + (window >> 3U);
  return log > max_log || (log == max_log && (window & 7U) != 0);
}

using CompressContext = std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>>;
using DecompressContext = std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>>;

}  // namespace kip::zstd
