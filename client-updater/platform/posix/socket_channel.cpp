#include "socket_channel.hpp"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "system_failure.hpp"

namespace kip::updater {
namespace {

constexpr std::size_t kHeadSize = 5;
constexpr unsigned kOctetBits = 8;
/// Longer than anything that the network process waits for itself.
constexpr std::chrono::minutes kPatience(3);

Unexpected silent() {
  return fail(ErrorCode::network, "nothing whole came for a long time");
}

}  // namespace

Result<void> SocketChannel::send(FrameType type, BytesView payload) {
  std::array<char, kHeadSize> head = {static_cast<char>(type)};
  for (std::size_t at = 1; at < head.size(); ++at)
    head.at(at) = static_cast<char>(payload.size() >> ((head.size() - 1 - at) * kOctetBits));
  std::array<iovec, 2> parts = {{{head.data(), head.size()}, {const_cast<char*>(payload.data()), payload.size()}}};
  msghdr message = {};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (message.msg_iovlen > 0) {
    const ssize_t count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(ErrorCode::network, errno, "sending");
    auto sent = static_cast<std::size_t>(count);
    while (message.msg_iovlen > 0 && sent >= message.msg_iov->iov_len) {
      sent -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen == 0) break;
    message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + sent;
    message.msg_iov->iov_len -= sent;
  }
  return {};
}

Result<void> SocketChannel::fill(char* to, std::size_t size, Time end) {
  while (size > 0) {
    if (!is_patient_ && std::chrono::steady_clock::now() >= end) return silent();
    const ssize_t count = ::recv(socket_.get(), to, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return silent();
    if (count < 0) return system_failure(ErrorCode::network, errno, "receiving");
    if (count == 0) return fail(ErrorCode::network, "it has ended");
    to += count;
    size -= static_cast<std::size_t>(count);
  }
  return {};
}

Result<Frame> SocketChannel::receive(std::uint64_t max_payload) {
  const Time end = std::chrono::steady_clock::now() + kPatience;
  std::array<char, kHeadSize> head = {};
  KIP_TRY_VOID(fill(head.data(), head.size(), end));
  std::size_t size = 0;
  for (std::size_t at = 1; at < head.size(); ++at)
    size = size << kOctetBits | static_cast<unsigned char>(head.at(at));
  if (size > max_payload) return fail(ErrorCode::network, "it sends more than it may");
  Frame frame{static_cast<FrameType>(head.front()), Bytes(size, '\0')};
  KIP_TRY_VOID(fill(frame.payload.data(), size, end));
  return frame;
}

bool SocketChannel::has_input() {
  pollfd watched = {socket_.get(), POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace kip::updater
