#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kip::testing {

/// A server on 127.0.0.1 that answers each connection with the next scripted octets, whatever they are, and closes it.
/// The port is chosen by the system. Without a script left, a connection is closed unanswered. Thread-safe.
class LoopbackServer {
 public:
  LoopbackServer();
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// The octets for the next connection that has none yet. They are sent once its request is complete.
  void answer(std::string octets);
  /// The same for an ordinary answer with a length and, where given, further header lines ("A: b\r\n").
  void answer(int status, std::string_view body, std::string_view headers = "");

  /// "http://127.0.0.1:PORT" and the path.
  std::string url(std::string_view path) const;
  /// Every request so far, headers and body as received.
  std::vector<std::string> requests() const;

 private:
  void serve();
  void serve_one(int connection);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::string> script_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace kip::testing
