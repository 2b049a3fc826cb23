#pragma once

#include <cstdint>
#include <optional>

#include <manifests/core/bytes.hpp>
#include <manifests/core/result.hpp>

namespace kip::updater {

/// What a frame carries. Format: docs/formats/network-process.md
enum class FrameType : char {
  request = 'R',  ///< to the network process
  stop = 'S',     ///< to it: the rest of the present answer is not wanted
  begin = 'B',    ///< from it: where in the file the pieces of a download begin
  piece = 'P',
  answer = 'A',
  failure = 'F',
};

struct Frame {
  FrameType type = FrameType::request;
  Bytes payload = {};
};

/// Frames between two processes. Errors, the same for all: network where the other side is gone, silent for too long or
/// sends no frames. After one of them the channel is of no more use. Not thread-safe.
class Channel {
 public:
  virtual ~Channel() = default;

  virtual Result<void> send(FrameType type, BytesView payload) = 0;
  /// Waits for it. A payload of more than `max_payload` octets is refused unread.
  virtual Result<Frame> receive(std::uint64_t max_payload) = 0;
  /// Whether the other side has sent something that was not received yet, or is gone. Does not wait.
  virtual bool has_input() = 0;
};

/// Writes values one after the other; FieldReader gives them back in that order.
class FieldWriter {
 public:
  FieldWriter& number(std::uint64_t value);
  FieldWriter& text(BytesView value);
  Bytes take() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Total over bytes of any origin: what is missing or too long is remembered, and gives 0 or nothing until then.
class FieldReader {
 public:
  explicit FieldReader(BytesView bytes) : rest_(bytes) {}
  std::uint64_t number();
  Bytes text();
  /// Error malformed where a value was missing or something follows.
  Result<void> finish() const;

 private:
  BytesView rest_;
  bool is_short_ = false;
};

}  // namespace kip::updater
