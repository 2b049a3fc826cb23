#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

#include <manifests/core/unicode.hpp>
#include <signing/fetch/client_network.hpp>
#include <signing/http/chunk_check.hpp>
#include <signing/http/framing.hpp>
#include <signing/http/posix_hurried_server.hpp>

namespace kip::http {
namespace {

using std::chrono::milliseconds;
using Ticks = std::chrono::steady_clock::duration;

/// Read by us, and by the library in ways of its own: it sees them later, see answer().
constexpr std::string_view kRange = "range";

std::string header_of(const RequestHead& head, std::string_view lower_case_name) {
  const auto found = std::find_if(head.fields.begin(), head.fields.end(),
                                  [&](const auto& field) { return to_lower_ascii(field.first) == lower_case_name; });
  return found == head.fields.end() ? std::string() : found->second;
}

/// The head as the library is to read it.
std::string text_of(const RequestHead& head) {
  std::string out = head.method + " " + head.target + " " + head.version + "\r\n";
  for (const auto& [name, value] : head.fields) {
    if (to_lower_ascii(name) != kRange) out += name + ": " + value + "\r\n";
  }
  return out + "\r\n";
}

/// One request's part of a connection.
class HurriedStream final : public httplib::Stream {
 public:
  HurriedStream(Connection& connection, const RequestHead& head, const HttpOptions& options)
      : connection_(connection), options_(options), head_(text_of(head)), chunked_(head.has("transfer-encoding")) {}

  bool is_readable() const override {
    return head_read_ < head_.size() || !connection_.received.empty() || wait(POLLIN);
  }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* to, size_t size) override {
    if (head_read_ < head_.size()) return take_head(to, size);
    if (connection_.received.empty()) {
      const ssize_t count = receive();
      if (count <= 0 && chunked_ && !chunks_.complete()) throw ChunkFailure();
      if (count <= 0) return count;
    }
    const std::size_t count = std::min(size, connection_.received.size() - used_);
    std::memcpy(to, connection_.received.data() + used_, count);
    if (chunked_ && !chunks_.take({to, count})) throw ChunkFailure();
    used_ += count;
    if (used_ == connection_.received.size()) forget_used();
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (!wait(POLLOUT)) return -1;
    // Not blocking, so that waiting is done, and counted, in one place.
    const ssize_t count = ::send(socket(), from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) moved_ += static_cast<std::uint64_t>(count);
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.remote().ip;
    port = connection_.remote().port;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.local().ip;
    port = connection_.local().port;
  }
  socket_t socket() const override { return connection_.socket(); }

  /// What is left in `received` is the next request's.
  void forget_used() {
    connection_.received.erase(0, used_);
    used_ = 0;
  }

 private:
  ssize_t take_head(char* to, std::size_t size) {
    const std::size_t count = head_.copy(to, size, head_read_);
    head_read_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t receive() {
    if (!wait(POLLIN)) throw BodyTimeout();
    std::array<char, 16384> buffer;
    const ssize_t count = ::recv(socket(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return count;
    connection_.received.assign(buffer.data(), static_cast<std::size_t>(count));
    moved_ += static_cast<std::uint64_t>(count);
    return count;
  }

  /// What is left of the time for everything.
  Ticks left() const {
    const Ticks earned = std::chrono::seconds(moved_ / std::max<std::uint64_t>(options_.slowest, 1));
    return options_.patience + earned - waited_;
  }

  bool wait(short event) const {
    if (!options_.steady_now) return wait_for(socket(), event, options_.timeout);
    const Ticks most = std::min<Ticks>(options_.timeout, left());
    // Whose time is up still gets what there is room for on the way to him, so that he knows.
    if (most <= Ticks::zero()) return event == POLLOUT && wait_for(socket(), event, milliseconds(0));
    const auto begun = options_.steady_now();
    const bool ready = wait_for(socket(), event, std::chrono::ceil<milliseconds>(most));
    waited_ += options_.steady_now() - begun;
    return ready && (event == POLLOUT || left() > Ticks::zero());
  }

  Connection& connection_;
  const HttpOptions& options_;
  const std::string head_;
  std::size_t head_read_ = 0;
  const bool chunked_;
  ChunkCheck chunks_;
  std::size_t used_ = 0;                  ///< octets of `received`
  std::uint64_t moved_ = 0;               ///< octets in either direction
  mutable Ticks waited_ = Ticks::zero();  ///< for the client, in all
};

}  // namespace

/// The library hands over what it accepts: it is looked at there and then.
class HurriedServer::Queue final : public httplib::TaskQueue {
 public:
  explicit Queue(HurriedServer& server) : server_(server) {}

  bool enqueue(std::function<void()> task) override {
    task();
    return true;
  }
  void shutdown() override {
    server_.lobby_.finish();
    server_.workers_.finish();
  }

 private:
  HurriedServer& server_;
};

HurriedServer::HurriedServer(const HttpOptions& options, Ports ports)
    : options_(options),
      ports_(std::move(ports)),
      workers_(options.threads, options.queue,
               [&options] {
                 if (options.name_thread) options.name_thread("kip-http");
               }),
      lobby_(options, {[this](auto connection, auto head) { enter(std::move(connection), std::move(head)); },
                       ports_.turn_away}) {
  new_task_queue = [this] { return new Queue(*this); };
}

HttpLoad HurriedServer::load() const {
  const auto [queued, in_work] = workers_.load();
  return {lobby_.size(), queued, in_work, options_.threads};
}

bool HurriedServer::process_and_close_socket(socket_t socket) {
  lobby_.add(std::make_shared<Connection>(socket, options_.requests_per_connection));
  return true;
}

void HurriedServer::enter(std::shared_ptr<Connection> connection, RequestHead head) {
  std::string who = client_address(connection->remote().ip, options_.behind_proxy, header_of(head, "x-forwarded-for"));
  const auto turn_away = [this, connection] { lobby_.turn_away(connection); };
  const bool waits = has_later_body(head);
  const auto run = [this, connection, head = std::move(head)] { answer(connection, head); };
  workers_.add({network_of(who), waits, run, turn_away});
}

void HurriedServer::answer(const std::shared_ptr<Connection>& connection, const RequestHead& head) {
  const bool last = --connection->requests == 0;
  ports_.before_each();
  HurriedStream stream(*connection, head, options_);
  // The library decodes what stands in headers, adds some of its own, and answers ranges that it cannot read: from here
  // on it has what the client has sent, and nothing else.
  const auto as_received = [&head](httplib::Request& request) {
    request.headers.clear();
    for (const auto& [name, value] : head.fields)
      request.headers.emplace(name, value);
  };
  bool closed = false;
  const SocketAddress& remote = connection->remote();
  const SocketAddress& local = connection->local();
  const bool done = process_request(stream, remote.ip, remote.port, local.ip, local.port, last, closed, as_received);
  if (!done || closed || last) return;
  stream.forget_used();
  lobby_.add(connection);
}

}  // namespace kip::http
