#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <signing/package/zstd_stream.hpp>

namespace kip {

/// Gives the next bytes of a stream, valid until the next call; empty at its end.
using ByteSource = std::function<Result<BytesView>()>;

/// Writes a tar archive (restricted pax) of regular files that says nothing about who made it, where and when: owner 0,
/// no names, time 0. Names go in as they are, marked as binary, so that the bytes do not depend on the locale:
/// libarchive would convert them. Not thread-safe.
class TarWriter {
 public:
  explicit TarWriter(ByteSink sink);
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

/// Reads a tar archive that nothing is known of: entries that are regular files, one after the other. Paths come out as
/// they stand in it, unchecked. Not thread-safe.
class TarReader {
 public:
  struct Entry {
    std::string unchecked_path;
    std::uint64_t size = 0;
  };

  explicit TarReader(ByteSource source);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry, skipping what is left of the present one; nothing at the end of the archive, which must be two
  /// blocks of zeros and the end of the source. Errors: malformed, also for links, directories, devices and sparse
  /// files; those of the source.
  Result<std::optional<Entry>> next();
  /// Content of the present entry; fewer octets than asked only at its end.
  Result<std::size_t> read(std::span<char> out);

 private:
  struct State;

  Result<void> expect_end();

  std::unique_ptr<State> state_;
};

}  // namespace kip
