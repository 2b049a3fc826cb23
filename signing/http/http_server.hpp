#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <signing/daemon/log.hpp>
#include <signing/http/request_handler.hpp>

namespace kip::http {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: one that the system chooses
  std::size_t threads = 32;
  std::size_t queue = 256;                   ///< connections that wait for a thread; more are answered 503
  std::size_t requests_per_connection = 1;   ///< more only behind a proxy: a kept connection holds a thread
  std::chrono::seconds timeout{5};           ///< of each read and write
  bool behind_proxy = false;                 ///< a proxy on this machine says who asks (X-Forwarded-For)
  std::uint64_t max_body_bytes = 1U << 30U;  ///< above every route's own limit
  /// Names the calling thread ("kip-http"), where the system can.
  std::function<void(const char*)> name_thread = {};
};

/// The one place that knows the HTTP library. Turns its requests into ours and bounds what the library does not:
///
/// - a fixed number of threads with a bounded queue; beyond it 503 with Retry-After, given by two threads of their own
/// - a Content-Length twice, or with a Transfer-Encoding, or a Transfer-Encoding other than chunked: 400
/// - a failure of a request with a body closes the connection, since what is left of the body would be read as the next
///   request
/// - ranges, conditions and If-Range are the handler's business; the library's own handling is switched off
/// - no second process can share the port
///
/// start() and stop() belong to one thread.
class HttpServer {
 public:
  /// Binds, so that connections queue up from now on. The log must outlive it. Errors: conflict where the
  /// address is taken or not this machine's.
  static Result<std::unique_ptr<HttpServer>> bind(const HttpOptions& options, Log& log);
  ~HttpServer();

  int port() const;
  /// Begins to serve, in threads of its own. The handler must outlive it.
  void start(const RequestHandler& handler);
  /// Takes no more connections, finishes the requests that it has, and returns.
  void stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace kip::http
