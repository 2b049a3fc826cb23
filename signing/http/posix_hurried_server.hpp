#pragma once

#include <httplib.h>

#include <signing/http/http_server.hpp>

namespace kip::http {

/// The library's server over sockets of ours: besides the time for each read and write there is one for all of them, so
/// that a client which sends or takes one octet at a time cannot keep a thread. Only what waiting for the client takes
/// counts, not what the handler does.
class HurriedServer final : public httplib::Server {
 public:
  /// `before_each` is called in the thread that is about to read a request.
  HurriedServer(const HttpOptions& options, std::function<void()> before_each)
      : options_(options), before_each_(std::move(before_each)) {}

 private:
  bool process_and_close_socket(socket_t socket) override;

  const HttpOptions& options_;
  const std::function<void()> before_each_;
};

}  // namespace kip::http
