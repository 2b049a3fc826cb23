#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <manifests/core/bytes.hpp>

namespace kip {

/// Gives the next bytes of a stream, valid until the next call; empty at its end.
using ByteSource = std::function<Result<BytesView>()>;

/// Reads a tar archive that nothing is known of: regular files, one after the other. It takes only what TarWriter
/// writes, so that no two programs can read one archive differently, and names whatever else it finds: links, devices,
/// sparse files, other dialects of tar, extended headers beyond a name, owners, times, octets that are hidden in
/// padding. Paths come out as they stand in it, unchecked. Not thread-safe.
/// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format".
class TarReader {
 public:
  struct Entry {
    std::string unchecked_path;
    std::uint64_t size = 0;  ///< below 2^33
    unsigned mode = 0;       ///< as written: up to seven octal digits
  };

  explicit TarReader(ByteSource source) : source_(std::move(source)) {}

  /// The next entry, skipping what is left of the present one; nothing at the end of the archive, which must be two
  /// blocks of zeros and the end of the source. Errors: malformed; those of the source.
  Result<std::optional<Entry>> next();
  /// The next octets of the present entry, valid until the next call; empty at its end. Errors: malformed where the
  /// archive ends within it; those of the source.
  Result<BytesView> read();
  /// Octets of the archive that were read so far: right after next(), where the content of the entry begins.
  std::uint64_t position() const { return position_; }

 private:
  static constexpr std::size_t kBlock = 512;
  using Block = std::array<char, kBlock>;

  Result<BytesView> take(std::uint64_t most);
  Result<Block> take_block();
  Result<void> skip_rest();
  Result<void> expect_zeros(std::uint64_t count);
  Result<void> expect_end();
  Result<std::string> read_extended_path(std::uint64_t size);

  ByteSource source_;
  BytesView piece_;  // given by the source and not yet taken
  std::uint64_t position_ = 0;
  std::uint64_t left_ = 0;     // of the present entry's content
  std::uint64_t padding_ = 0;  // behind it
};

}  // namespace kip
