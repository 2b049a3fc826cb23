#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <signing/daemon/log.hpp>
#include <signing/http/request_handler.hpp>

namespace kip::http {

/// A request that was answered, or a connection that was turned away.
struct Exchange {
  std::string method;     ///< "GET"; "-" for what is no method of HTTP
  std::string route;      ///< as Response::route; "-" where the request led to none
  std::string principal;  ///< as Response::principal; "-" where nobody was recognised
  int status = 0;
  std::chrono::microseconds took{0};  ///< from the head of the request to the end of the answer
  std::uint64_t bytes = 0;            ///< of the answer's body
  bool shed = false;                  ///< there was no place for it
};

/// Counts what a server does. Thread-safe: the server's threads call it side by side.
class HttpObserver {
 public:
  virtual ~HttpObserver() = default;
  virtual void finished(const Exchange& exchange) = 0;
};

/// How much a server has to do at this moment.
struct HttpLoad {
  std::size_t waiting = 0;  ///< connections whose request has not come yet
  std::size_t queued = 0;   ///< requests that wait for a thread
  std::size_t in_work = 0;  ///< threads that are busy
  std::size_t threads = 0;
};

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: one that the system chooses
  std::size_t threads = 32;
  std::size_t queue = 256;                  ///< requests that wait for a thread; more are answered 503
  std::size_t connections = 512;            ///< that wait for the head of a request; more are answered 503
  std::uint64_t held = 32U << 20U;          ///< octets of requests that are not whole yet; more are answered 503
  std::size_t requests_per_connection = 1;  ///< more only behind a proxy: many clients would keep theirs for nothing
  std::chrono::seconds timeout{5};          ///< of each read and write
  std::chrono::seconds patience{10};        ///< that a client may take for a head, or keep a thread waiting in all, ...
  std::uint64_t slowest = 4096;             ///< ... and besides a second for so many octets that it sends or takes
  bool behind_proxy = false;                ///< a proxy on this machine says who asks (X-Forwarded-For)
  std::uint64_t max_body_bytes = 1U << 30U;  ///< above every route's own limit
  /// Names the calling thread ("kip-http"), where the system can.
  std::function<void(const char*)> name_thread = {};
  bool log_requests = true;          ///< a line for each request
  HttpObserver* observer = nullptr;  ///< must outlive the server
  /// A clock that only goes forward. Without one nobody is hurried and nothing is measured.
  std::function<std::chrono::steady_clock::time_point()> steady_now = {};
};

/// The one place that knows the HTTP library. Turns its requests into ours and bounds what the library does not:
///
/// - a request gets a thread once its head has come (Lobby), read strictly (read_head)
/// - a fixed number of threads with a bounded queue, shared fairly between the addresses that ask (TaskPool); beyond it
///   503 with Retry-After
/// - a Content-Length twice, or with a Transfer-Encoding, or a Transfer-Encoding other than chunked: 400
/// - chunks are what the standard says and end as it says (ChunkCheck)
/// - a failure of a request with a body closes the connection, since what is left of the body would be read as the next
///   request
/// - ranges, conditions and If-Range are the handler's business; the library's own handling is switched off
/// - no second process can share the port
/// - a client that drips its body, or takes its answer in drips, is given up (patience, slowest)
///
/// start() and stop() belong to one thread.
class HttpServer {
 public:
  /// Binds, so that connections queue up from now on. The log must outlive it. Errors: conflict where the
  /// address is taken or not this machine's.
  static Result<std::unique_ptr<HttpServer>> bind(const HttpOptions& options, Log& log);
  ~HttpServer();

  int port() const;
  /// Thread-safe.
  HttpLoad load() const;
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
