#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <manifests/core/check.hpp>
#include <testing/loopback_server.hpp>

namespace kip::testing {
namespace {

/// The value of Content-Length, 0 where there is none.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const auto at = head.find(kName);
  return at == std::string_view::npos ? 0 : std::strtoul(head.substr(at + kName.size()).data(), nullptr, 10);
}

std::string read_request(int connection) {
  std::string request;
  std::array<char, 4096> buffer = {};
  while (true) {
    const auto end = request.find("\r\n\r\n");
    if (end != std::string::npos && request.size() >= end + 4 + content_length(request.substr(0, end + 2))) break;
    const auto count = ::read(connection, buffer.data(), buffer.size());
    if (count <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return request;
}

void write_all(int connection, std::string_view octets) {
  while (!octets.empty()) {
    const auto count = ::send(connection, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the client has had enough
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

LoopbackServer::LoopbackServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  KIP_CHECK(listener_ >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  KIP_CHECK(::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0);
  KIP_CHECK(::getsockname(listener_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

LoopbackServer::~LoopbackServer() {
  ::shutdown(listener_, SHUT_RDWR);  // lets accept() return
  thread_.join();
  ::close(listener_);
}

void LoopbackServer::answer(std::string octets) {
  const std::scoped_lock guard(mutex_);
  script_.push_back(std::move(octets));
}

void LoopbackServer::answer(int status, std::string_view body, std::string_view headers) {
  answer(fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(),
                     headers, body));
}

std::string LoopbackServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<std::string> LoopbackServer::requests() const {
  const std::scoped_lock guard(mutex_);
  return requests_;
}

void LoopbackServer::serve() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    serve_one(connection);
    ::close(connection);
  }
}

void LoopbackServer::serve_one(int connection) {
  std::string request = read_request(connection);
  std::string octets;
  {
    const std::scoped_lock guard(mutex_);
    requests_.push_back(std::move(request));
    if (script_.empty()) return;
    octets = std::move(script_.front());
    script_.pop_front();
  }
  write_all(connection, octets);
  ::shutdown(connection, SHUT_WR);
}

}  // namespace kip::testing
