#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <signing/http/posix_connection.hpp>

namespace kip::http {
namespace {

SocketAddress address_of(int socket, int (*name)(int, sockaddr*, socklen_t*)) {
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

}  // namespace

Connection::Connection(int socket, std::size_t allowed)
    : requests(allowed),
      socket_(socket),
      remote_(address_of(socket, ::getpeername)),
      local_(address_of(socket, ::getsockname)) {}

Connection::~Connection() {
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

bool wait_for(int socket, short event, std::chrono::milliseconds most) {
  pollfd one{socket, event, 0};
  while (true) {
    const int ready = ::poll(&one, 1, static_cast<int>(most.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && (one.revents & (event | POLLHUP)) != 0;
  }
}

}  // namespace kip::http
