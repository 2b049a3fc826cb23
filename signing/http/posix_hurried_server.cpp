#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <signing/http/posix_hurried_server.hpp>

namespace kip::http {
namespace {

using std::chrono::milliseconds;
using Ticks = std::chrono::steady_clock::duration;

/// How often somebody who waits looks whether the server is stopping.
constexpr milliseconds kGlance(100);

/// True once there is something to read or write; false after `most`, or where the connection failed.
bool wait_for(socket_t socket, short event, milliseconds most) {
  pollfd one{socket, event, 0};
  while (true) {
    const int ready = ::poll(&one, 1, static_cast<int>(most.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && (one.revents & (event | POLLHUP)) != 0;
  }
}

struct Address {
  std::string ip;
  int port = 0;
};

Address address_of(socket_t socket, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (name(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof(in));
    inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(in.sin_port)};
  }
  if (storage.ss_family != AF_INET6) return {};
  sockaddr_in6 in{};
  std::memcpy(&in, &storage, sizeof(in));
  inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  return {text.data(), ntohs(in.sin6_port)};
}

/// One request's part of a connection.
class HurriedStream final : public httplib::Stream {
 public:
  HurriedStream(socket_t socket, const HttpOptions& options) : socket_(socket), options_(options) {}

  bool is_readable() const override { return begin_ < end_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* to, size_t size) override {
    if (begin_ == end_) {
      if (!wait(POLLIN)) return -1;
      const ssize_t count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (count <= 0) return count;
      begin_ = 0;
      end_ = static_cast<std::size_t>(count);
      moved_ += end_;
    }
    const std::size_t count = std::min(size, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (!wait(POLLOUT)) return -1;
    // Not blocking, so that waiting is done, and counted, in one place.
    const ssize_t count = ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) moved_ += static_cast<std::uint64_t>(count);
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { put(ip, port, ::getpeername); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { put(ip, port, ::getsockname); }
  socket_t socket() const override { return socket_; }

 private:
  void put(std::string& ip, int& port, int (*name)(int, sockaddr*, socklen_t*)) const {
    Address address = address_of(socket_, name);
    ip = std::move(address.ip);
    port = address.port;
  }

  /// What is left of the time for everything.
  Ticks left() const {
    const Ticks earned = std::chrono::seconds(moved_ / std::max<std::uint64_t>(options_.slowest, 1));
    return options_.patience + earned - waited_;
  }

  bool wait(short event) const {
    if (!options_.steady_now) return wait_for(socket_, event, options_.timeout);
    const Ticks most = std::min<Ticks>(options_.timeout, left());
    if (most <= Ticks::zero()) return false;
    const auto begun = options_.steady_now();
    const bool ready = wait_for(socket_, event, std::chrono::ceil<milliseconds>(most));
    waited_ += options_.steady_now() - begun;
    return ready && left() > Ticks::zero();
  }

  const socket_t socket_;
  const HttpOptions& options_;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t moved_ = 0;               ///< octets in either direction
  mutable Ticks waited_ = Ticks::zero();  ///< for the client, in all
};

}  // namespace

bool HurriedServer::process_and_close_socket(socket_t socket) {
  const Address remote = address_of(socket, ::getpeername);
  const Address local = address_of(socket, ::getsockname);
  const auto arrives = [&] {
    for (milliseconds waited(0); svr_sock_ != INVALID_SOCKET && waited < options_.timeout; waited += kGlance) {
      if (wait_for(socket, POLLIN, kGlance)) return true;
    }
    return false;
  };
  bool ok = false;
  for (std::size_t count = options_.requests_per_connection; count > 0 && arrives(); --count) {
    bool closed = false;
    before_each_();
    HurriedStream stream(socket, options_);
    ok = process_request(stream, remote.ip, remote.port, local.ip, local.port, count == 1, closed, nullptr);
    if (!ok || closed) break;
  }
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return ok;
}

}  // namespace kip::http
