#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kip::http {

/// Of one end of a connection.
struct SocketAddress {
  std::string ip;  ///< "127.0.0.1", "::1"
  int port = 0;
};

/// A client's connection, closed with the object. Not thread-safe; passed from hand to hand.
class Connection {
 public:
  /// Takes the socket over. `allowed`: how many requests it may be used for.
  Connection(int socket, std::size_t allowed);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  const SocketAddress& remote() const { return remote_; }
  const SocketAddress& local() const { return local_; }

  std::string received;  ///< what came and was not used
  std::size_t requests;  ///< that may still come

 private:
  const int socket_;
  const SocketAddress remote_;
  const SocketAddress local_;
};

/// True once there is something to read (POLLIN) or room to write (POLLOUT); false after `most`, or where the
/// connection failed.
bool wait_for(int socket, short event, std::chrono::milliseconds most);

}  // namespace kip::http
