#include <algorithm>
#include <array>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include <manifests/core/exit_code.hpp>
#include <signing/fetch/loopback_host.hpp>
#include <signing/http/framing.hpp>
#include <signing/http/http_server.hpp>
#include <signing/http/posix_hurried_server.hpp>
#include <signing/http/request_notes.hpp>

namespace kip::http {
namespace {

constexpr std::size_t kFilePiece = 64U << 10U;
/// How much of a body is read and dropped, so that the client sees the answer before the connection goes.
constexpr std::uint64_t kDrained = 1U << 20U;
/// The library matches "/:name" patterns without regular expressions; our handler has looked at the path by then.
constexpr int kMaxSegments = 16;

bool takes_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

Result<Framing> framing_of(const httplib::Request& request) {
  return check_framing({request.headers.begin(), request.headers.end()});
}

/// Says that a request was passed on.
constexpr std::array<std::string_view, 4> kPassedOn = {"x-forwarded-for", "forwarded", "via", "x-real-ip"};

/// The library's body of one request.
class ContentBody final : public BodyReader {
 public:
  ContentBody(const httplib::ContentReader& content, const Framing& framing, const httplib::Response& response)
      : content_(content), framing_(framing), response_(response) {}

  Result<void> read(std::uint64_t max_bytes, const BodySink& sink) override {
    if (framing_.length && *framing_.length > max_bytes) return too_large(max_bytes);
    KIP_CHECK(!begun_);
    begun_ = true;
    std::uint64_t total = 0;
    Result<void> taken;
    const bool complete = read_on([&](const char* data, std::size_t size) {
      total += size;
      taken = total > max_bytes ? too_large(max_bytes) : sink(BytesView(data, size));
      return taken.has_value();
    });
    if (!taken) return taken;
    complete_ = complete;
    if (complete) return {};
    if (response_.status == 413) return too_large(max_bytes);
    return fail(ErrorCode::malformed, "the body is incomplete or its framing is wrong");
  }

  /// Reads on and drops what comes, where that is little.
  void drain() {
    if (begun_ || framing_.length.value_or(kDrained + 1) > kDrained) return;
    begun_ = true;
    complete_ = read_on([](const char*, std::size_t) { return true; });
  }

  bool complete() const { return complete_; }
  bool late() const { return late_; }

 private:
  static Result<void> too_large(std::uint64_t max_bytes) {
    return fail(ErrorCode::too_large, fmt::format("the body is larger than the {} bytes allowed here", max_bytes));
  }

  bool read_on(const httplib::ContentReceiver& receiver) {
    try {
      return content_(receiver);
    } catch (const ChunkFailure&) {
      return false;
    } catch (const BodyTimeout&) {
      late_ = true;
      return false;
    }
  }

  const httplib::ContentReader& content_;
  const Framing& framing_;
  const httplib::Response& response_;
  bool begun_ = false;
  bool complete_ = false;
  bool late_ = false;
};

/// A provider that ends with a failure makes the library close the connection once all is sent; it has no other way.
void set_body_and_close(httplib::Response& to, Bytes body, const std::string& type) {
  const std::size_t size = body.size();
  to.set_header("Connection", "close");
  to.set_content_provider(size, type,
                          [body = std::move(body)](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                            sink.write(body.data() + offset, body.size() - offset);
                            return false;
                          });
}

void set_file(httplib::Response& to, const FileBody& body, const std::string& type) {
  to.set_content_provider(body.length, type, [body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
    Bytes piece(std::min(length, kFilePiece), '\0');
    const auto count = body.file->read_at(body.offset + offset, piece);
    if (!count || *count == 0) return false;
    return sink.write(piece.data(), *count);
  });
}

void send(httplib::Response& to, Response from, bool close) {
  to.status = from.status;
  std::string type;
  for (auto& [name, value] : from.headers) {
    if (name == "Content-Type") {
      type = std::move(value);
    } else {
      to.set_header(name, value);
    }
  }
  if (from.file && from.file->length > 0) {
    set_file(to, *from.file, type);
  } else if (close && !from.body.empty()) {
    set_body_and_close(to, std::move(from.body), type);
  } else if (!from.body.empty()) {
    to.set_content(std::move(from.body), type);
  }
}

ErrorCode code_of(const HeadRefusal& why) {
  if (why.status == 503) return ErrorCode::busy;
  return why.status == 414 || why.status == 431 ? ErrorCode::too_large : ErrorCode::malformed;
}

/// An answer to what was not even given to the library.
Bytes octets_of(const Response& from, std::string_view request_id) {
  Bytes out = fmt::format("HTTP/1.1 {} {}\r\n", from.status, httplib::status_message(from.status));
  for (const auto& [name, value] : from.headers)
    out += fmt::format("{}: {}\r\n", name, value);
  return out + fmt::format("Request-Id: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", request_id,
                           from.body.size(), from.body);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, Log& log)
      : options_(options),
        log_(log),
        notes_(options_, log),
        server_(options_, {[this] { notes_.begin(false); }, [this](const auto& why) { return turn_away(why); }}) {
    configure();
    route();
  }

  ~Impl() { stop(); }

  Result<void> bind() {
    port_ = options_.port;
    const bool bound =
        port_ == 0 ? (port_ = server_.bind_to_any_port(options_.host)) > 0 : server_.bind_to_port(options_.host, port_);
    if (bound) return {};
    return fail(ErrorCode::conflict,
                fmt::format("cannot listen on {}:{}; is another program using that port, or is the "
                            "address not this machine's?",
                            options_.host, options_.port));
  }

  int port() const { return port_; }

  HttpLoad load() const { return server_.load(); }

  void start(const RequestHandler& handler) {
    handler_ = &handler;
    accept_ = std::thread([this] {
      if (options_.name_thread) options_.name_thread("kip-accept");
      server_.listen_after_bind();
    });
    server_.wait_until_ready();
  }

  void stop() {
    if (!accept_.joinable()) return;
    server_.stop();
    accept_.join();
  }

 private:
  void configure() {
    server_.set_tcp_nodelay(true);
    server_.set_read_timeout(options_.timeout);
    server_.set_write_timeout(options_.timeout);
    server_.set_keep_alive_max_count(options_.requests_per_connection);
    server_.set_keep_alive_timeout(options_.timeout.count());
    server_.set_payload_max_length(options_.max_body_bytes);
    // Not the default, which sets SO_REUSEPORT: a second server would silently take half of the connections.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.set_error_handler(
        [this](const httplib::Request&, httplib::Response& response) { return explain_failure(response); });
    server_.set_exception_handler([this](const auto& request, auto& response, const std::exception_ptr& thrown) {
      report_exception(request, response, thrown);
    });
    // The library says its own word besides ours.
    server_.set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.get_header_value_count("Connection") == 0) return;
      response.headers.erase("Connection");
      response.headers.erase("Keep-Alive");
      response.set_header("Connection", "close");
    });
    server_.set_logger([this](const httplib::Request& request, const httplib::Response& response) {
      notes_.finish(request.method, response.status,
                    std::max<std::uint64_t>(response.body.size(), response.content_length_));
    });
  }

  void route() {
    using Handled = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return before_body(request, response) ? Handled::Handled : Handled::Unhandled;
    });
    server_.set_expect_100_continue_handler([this](const httplib::Request& request, httplib::Response& response) {
      return before_continue(request, response);
    });
    const auto handler = [this](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& content) { with_body(request, response, content); };
    std::string pattern;
    for (int i = 0; i < kMaxSegments; ++i) {
      pattern += fmt::format("/:s{}", i);
      server_.Post(pattern, handler);
      server_.Put(pattern, handler);
    }
  }

  /// What is said to a client of whom no request is taken.
  Bytes turn_away(const HeadRefusal& why) {
    notes_.begin(why.status == 503);
    const Response answer = problem({code_of(why), std::string(why.why)}, why.status);
    Bytes out = octets_of(answer, notes_.note({}, {}));
    notes_.finish("-", answer.status, answer.body.size());
    return out;
  }

  /// Gives the answer to the library, and notes what the log will say of it.
  void reply(httplib::Response& to, Response from, bool close) {
    to.set_header("Request-Id", notes_.note(std::move(from.route), std::move(from.principal)));
    send(to, std::move(from), close);
  }

  Request made_of(const httplib::Request& request, const Framing& framing, BodyReader* body) const {
    const auto forwarded = framing.headers.find("x-forwarded-for");
    const bool passed_on = std::any_of(kPassedOn.begin(), kPassedOn.end(),
                                       [&](std::string_view name) { return framing.headers.contains(name); });
    return {request.method,
            request.target,
            framing.headers,
            body,
            client_address(request.remote_addr, options_.behind_proxy,
                           forwarded == framing.headers.end() ? std::string_view() : forwarded->second),
            !options_.behind_proxy && !passed_on && is_loopback_host(request.remote_addr)};
  }

  /// Answers what needs no body and what cannot be right. True where the answer stands.
  bool before_body(const httplib::Request& request, httplib::Response& response) {
    const auto framing = framing_of(request);
    if (!framing) {
      reply(response, problem(framing.error()), true);
      return true;
    }
    const Request made = made_of(request, *framing, nullptr);
    if (auto refused = handler_->refuse_early(made, framing->has_body())) {
      reply(response, *std::move(refused), framing->has_body() || takes_body(request.method));
      return true;
    }
    if (takes_body(request.method)) return false;
    reply(response, handler_->handle(made), false);
    return true;
  }

  /// A client that asks before it sends a large body: refuse now what would be refused anyway.
  int before_continue(const httplib::Request& request, httplib::Response& response) {
    const auto framing = framing_of(request);
    if (!framing) {
      reply(response, problem(framing.error()), true);
      return response.status;
    }
    if (auto refused = handler_->refuse_caller(made_of(request, *framing, nullptr))) {
      reply(response, *std::move(refused), true);
      return response.status;
    }
    return 100;
  }

  void with_body(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& content) {
    const auto framing = framing_of(request);
    KIP_CHECK(framing.has_value());
    if (!framing->chunked && !framing->length) {
      reply(response, problem({ErrorCode::malformed, "the request needs a Content-Length"}, 411), true);
      return;
    }
    ContentBody body(content, *framing, response);
    Response answer = handler_->handle(made_of(request, *framing, &body));
    if (response.status == 415) {
      answer = problem({ErrorCode::malformed, "the body must not be compressed"}, 415);
    } else {
      body.drain();
    }
    if (body.late()) answer = problem({ErrorCode::malformed, "the body did not come in time"}, 408);
    reply(response, std::move(answer), !body.complete());
  }

  /// Gives a body to failures that the library found itself, and closes: who knows where that request ends.
  httplib::Server::HandlerResponse explain_failure(httplib::Response& response) {
    if (response.body.empty() && response.content_length_ == 0) {
      const int status = response.status;
      reply(response, problem({code_of_http_status(status), "the request could not be read"}, status), true);
    }
    return httplib::Server::HandlerResponse::Handled;
  }

  void report_exception(const httplib::Request& request, httplib::Response& response,
                        const std::exception_ptr& thrown) {
    std::string what = "unknown";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      what = error.what();
    } catch (...) {
      what = "not an std::exception";
    }
    log_.write("http.exception", {{"method", request.method}, {"what", what}});
    response = httplib::Response();
    reply(response, problem({ErrorCode::internal, {}}), true);
  }

  HttpOptions options_;
  Log& log_;
  const RequestHandler* handler_ = nullptr;  ///< written before any request is read
  RequestNotes notes_;
  HurriedServer server_;
  int port_ = 0;
  std::thread accept_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::bind(const HttpOptions& options, Log& log) {
  auto impl = std::make_unique<Impl>(options, log);
  KIP_TRY_VOID(impl->bind());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

int HttpServer::port() const {
  return impl_->port();
}
HttpLoad HttpServer::load() const {
  return impl_->load();
}
void HttpServer::start(const RequestHandler& handler) {
  impl_->start(handler);
}
void HttpServer::stop() {
  impl_->stop();
}

}  // namespace kip::http
