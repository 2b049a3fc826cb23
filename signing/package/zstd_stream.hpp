#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <signing/storage/file_system.hpp>

namespace kip {

/// Takes the next bytes of a stream.
using ByteSink = std::function<Result<void>(BytesView)>;

/// Compresses a stream into one Zstandard frame with checksum: always the same level in one thread, so that equal input
/// gives equal output with the same libzstd. Not thread-safe.
class ZstdEncoder {
 public:
  /// `window_log`: a smaller window than the level's own, for input that is known to be small: saves memory and time.
  explicit ZstdEncoder(ByteSink sink, std::optional<int> window_log = std::nullopt);
  ~ZstdEncoder();
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  /// Errors: those of the sink, internal.
  Result<void> write(BytesView bytes);
  /// Ends the frame. No other call may follow.
  Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Decodes a file that is exactly one Zstandard frame, from a source that nothing is known of. Not thread-safe; the
/// file must outlive it.
class ZstdDecoder {
 public:
  /// Windows up to 2^25 octets are decoded: so much memory a hostile frame can ask for. `kip pack` needs 2^23.
  static constexpr int kMaxWindowLog = 25;
  /// A frame may grow to this many octets, and beyond that to kMaxRatio times what was read of it.
  static constexpr std::uint64_t kFreeOutput = 64U << 20U;
  static constexpr std::uint64_t kMaxRatio = 1000;

  /// `max_window_log`: a lower limit than kMaxWindowLog, where less memory has to do.
  ZstdDecoder(InputFile& source, std::uint64_t max_output, int max_window_log = kMaxWindowLog);
  ~ZstdDecoder();
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  /// Octets that may come out in all.
  void limit_output(std::uint64_t max_output);

  /// The next octets, valid until the next call; empty after the last one.
  /// Errors: malformed for what is no whole frame, and for anything after it; too_large; those of the file.
  Result<BytesView> next();

 private:
  struct State;

  Result<void> refill();

  std::unique_ptr<State> state_;
};

}  // namespace kip
