#pragma once

#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <manifests/core/check.hpp>

namespace kip::server::testing {

/// A connection that says exactly what it is told.
class Wire {
 public:
  /// `host`: the last number of the client's address, which begins with 127.0.0.
  explicit Wire(int port, unsigned host = 1) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffU) | host);
    KIP_CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    KIP_CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Wire() { ::close(socket_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// What the other side no longer takes is dropped.
  void send(std::string_view octets) {
    while (!octets.empty()) {
      const auto sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Nothing more will be sent.
  void end() const { ::shutdown(socket_, SHUT_WR); }

  /// Everything until the other side closes.
  std::string receive_all() {
    std::string out;
    char buffer[65536];
    while (true) {
      const auto count = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (count <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(count));
    }
  }

  /// What has come; waits for it. Empty where the other side has closed.
  std::string receive_some() {
    char buffer[65536];
    const auto count = ::recv(socket_, buffer, sizeof(buffer), 0);
    return {buffer, count > 0 ? static_cast<std::size_t>(count) : 0};
  }

  /// Whether the other side has closed, or said something; waits for it up to that long.
  bool hears(int milliseconds) const {
    pollfd one{socket_, POLLIN, 0};
    return ::poll(&one, 1, milliseconds) > 0;
  }

  bool answered() const {
    pollfd one{socket_, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
  }

 private:
  int socket_;
};

}  // namespace kip::server::testing
