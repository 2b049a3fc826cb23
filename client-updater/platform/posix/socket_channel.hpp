#pragma once

// Inside client-updater/platform/posix only.

#include <client-updater/network/channel.hpp>

#include "descriptor.hpp"

namespace kip::updater {

/// Frames over a stream socket: type, length in 4 octets, payload. Nothing in it waits for longer than the socket's own
/// time-outs.
class SocketChannel final : public Channel {
 public:
  explicit SocketChannel(Descriptor socket) : socket_(std::move(socket)) {}

  Result<void> send(FrameType type, BytesView payload) override;
  Result<Frame> receive(std::uint64_t max_payload) override;
  bool has_input() override;

 private:
  Result<void> fill(char* to, std::size_t size);

  Descriptor socket_;
};

}  // namespace kip::updater
