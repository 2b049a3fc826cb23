#pragma once

// Inside signing/package only: owners of libzstd's contexts.

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
using CompressContext = std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>>;
using DecompressContext = std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>>;

}  // namespace kip::zstd
