#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <signing/http/http_server.hpp>
#include <signing/http/posix_connection.hpp>
#include <signing/http/request_head.hpp>

namespace kip::http {

/// Where connections wait for the head of a request, all of them in the care of one thread: whoever is slow to say what
/// he wants holds no other. Where too many wait, the address with most of them loses the one that has waited longest.
/// Who is turned away gets an answer, and a little time to read it. Thread-safe.
class Lobby {
 public:
  struct Ports {
    /// A head is complete; `received` of the connection begins with what follows it.
    std::function<void(std::shared_ptr<Connection>, RequestHead)> enter;
    /// Octets to be sent to a client that is turned away, because there is no place (503), its time is up (408), or its
    /// head is none.
    std::function<Bytes(const HeadRefusal&)> answer;
  };

  /// What `options` refers to must outlive it.
  Lobby(const HttpOptions& options, Ports ports);
  ~Lobby() { finish(); }
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  /// A connection from which a request may come.
  void add(std::shared_ptr<Connection> connection);
  /// A connection whose request is not going to be answered.
  void turn_away(std::shared_ptr<Connection> connection);
  /// Connections that wait here.
  std::size_t size() const { return size_; }
  /// Lets in those whose head is complete, closes the others, and returns. May be called again; what comes later is
  /// closed.
  void finish();

 private:
  class Room;
  struct Newcomer {
    std::shared_ptr<Connection> connection;
    bool unwanted = false;
  };

  void admit(Newcomer newcomer);
  std::vector<Newcomer> take_newcomers(bool& finishing);
  void run();
  void wake() const;

  const HttpOptions& options_;
  const Ports ports_;
  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;  ///< guards the next two
  std::vector<Newcomer> newcomers_;
  bool finishing_ = false;
  const int bell_;  ///< eventfd: somebody has come
  std::thread thread_;
};

}  // namespace kip::http
