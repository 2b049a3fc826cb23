#pragma once

// Inside client-updater/platform/posix only.

#include <chrono>

#include <client-updater/network/channel.hpp>

#include "descriptor.hpp"

namespace kip::updater {

/// Frames over a stream socket: type, length in 4 octets, payload. A frame that has not come whole after three minutes
/// counts as the end, where `is_patient` is false.
class SocketChannel final : public Channel {
 public:
  SocketChannel(Descriptor socket, bool is_patient) : socket_(std::move(socket)), is_patient_(is_patient) {}

  Result<void> send(FrameType type, BytesView payload) override;
  Result<Frame> receive(std::uint64_t max_payload) override;
  bool has_input() override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  Result<void> fill(char* to, std::size_t size, Time end);

  Descriptor socket_;
  bool is_patient_;
};

}  // namespace kip::updater
