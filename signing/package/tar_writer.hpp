#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <signing/package/zstd_stream.hpp>

namespace kip {

/// Writes a tar archive (restricted pax) of regular files that says nothing about who made it, where and when: owner 0,
/// no names, time 0. Names go in as they are, marked as binary, so that the bytes do not depend on the locale:
/// libarchive would convert them. Not thread-safe.
class TarWriter {
 public:
  /// How names are written. Packages mark each as binary, also where it is plain ASCII.
  enum class Names { marked, ascii_only };

  explicit TarWriter(ByteSink sink, Names names = Names::marked);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// Begins an entry; `size` octets must follow by write() before the next one. Errors: those of the sink, internal.
  Result<void> add(const std::string& path, std::uint64_t size, unsigned mode);
  Result<void> write(BytesView bytes);
  /// Writes the two blocks of the end. No other call may follow.
  Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kip
