#pragma once

#include <httplib.h>

#include <signing/http/http_server.hpp>
#include <signing/http/posix_lobby.hpp>
#include <signing/http/task_pool.hpp>

namespace kip::http {

/// A body whose chunks are none; thrown through the library, which has no other way.
struct ChunkFailure {};
/// A body that did not come in time; thrown through the library as well.
struct BodyTimeout {};

/// The library's server over sockets of ours. A connection waits in the lobby until the head of a request is there, and
/// only then takes a thread, of which no address has more than its share. Besides the time for each read and write
/// there is one for all of them, so that a client which sends or takes one octet at a time cannot keep the thread. Only
/// what waiting for the client takes counts, not what the handler does.
class HurriedServer final : public httplib::Server {
 public:
  struct Ports {
    std::function<void()> before_each;                   ///< called in the thread that is about to answer a request
    std::function<Bytes(const HeadRefusal&)> turn_away;  ///< what is sent to whom no request is read
  };

  HurriedServer(const HttpOptions& options, Ports ports);
  HttpLoad load() const;

 private:
  class Queue;

  /// Of one that was accepted; called in the thread that accepts.
  bool process_and_close_socket(socket_t socket) override;
  void enter(std::shared_ptr<Connection> connection, RequestHead head);
  void answer(const std::shared_ptr<Connection>& connection, const RequestHead& head);

  const HttpOptions& options_;
  const Ports ports_;
  TaskPool workers_;
  Lobby lobby_;
};

}  // namespace kip::http
