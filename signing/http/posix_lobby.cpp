#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <manifests/core/check.hpp>
#include <signing/fetch/client_network.hpp>
#include <signing/http/posix_lobby.hpp>

namespace kip::http {
namespace {

using Time = std::chrono::steady_clock::time_point;

/// How often the time is looked at while somebody is here.
constexpr std::chrono::milliseconds kGlance(100);
/// Who is turned away has so long to take the answer, and so much that he still sends is dropped: a connection that is
/// closed on unread octets is reset, and the answer may be lost.
constexpr std::chrono::seconds kFarewell(2);
constexpr std::size_t kDropped = 16U << 20U;
constexpr std::size_t kMostLeaving = 64;
constexpr std::size_t kPiece = 16U << 10U;

constexpr HeadRefusal kNoPlace = {503, "the server has all hands full; try again in a few seconds"};
constexpr HeadRefusal kTimeIsUp = {408, "the request did not come in time"};

}  // namespace

/// What the thread knows.
class Lobby::Room {
 public:
  Room(const HttpOptions& options, const Ports& ports) : options_(options), ports_(ports) {}

  void add(Newcomer newcomer) {
    const Time now = this->now();
    if (newcomer.unwanted) {
      leave(std::move(newcomer.connection), kNoPlace, now);
      return;
    }
    Guest guest{std::move(newcomer.connection), now};
    if (goes_on(guest, now) || hears(guest, now)) return;
    waiting_.push_back(std::move(guest));
    if (waiting_.size() > options_.connections) turn_one_away(now, [](const Guest&) { return std::uint64_t{1}; });
  }

  bool empty() const { return waiting_.empty() && leaving_.empty(); }
  std::size_t size() const { return waiting_.size(); }

  /// Waits until something happens, `bell` rings, or it is time to look at the time.
  void wait(int bell) {
    std::vector<pollfd> asked{{bell, POLLIN, 0}};
    for (const Leaver& leaver : leaving_)
      asked.push_back({leaver.connection->socket(), static_cast<short>(leaver.unsent.empty() ? POLLIN : POLLOUT), 0});
    for (const Guest& guest : waiting_)
      asked.push_back({guest.connection->socket(), POLLIN, 0});
    const int ready = ::poll(asked.data(), asked.size(), empty() ? -1 : static_cast<int>(kGlance.count()));
    if (ready < 0) return;
    if (ready == 0) glanced_ += kGlance;
    const Time now = this->now();
    auto answer = asked.begin() + 1;
    // First those who leave: others may join them.
    for (Leaver& leaver : std::exchange(leaving_, {})) {
      const bool left = (answer++)->revents != 0 && has_left(leaver);
      if (!left && now - leaver.since <= kFarewell) leaving_.push_back(std::move(leaver));
    }
    for (Guest& guest : std::exchange(waiting_, {})) {
      if ((answer++)->revents != 0 && hears(guest, now)) continue;
      if (!is_late(guest, now)) {
        waiting_.push_back(std::move(guest));
      } else if (!guest.connection->received.empty()) {
        leave(std::move(guest.connection), kTimeIsUp, now);
      }
    }
    while (held() > options_.held)
      turn_one_away(now, octets_of);
  }

  /// Lets in whose request has begun; what its body lacks is waited for inside.
  void last_round() {
    closing_ = true;
    const Time now = this->now();
    for (Guest& guest : waiting_) {
      if (!hears(guest, now)) goes_on(guest, now);
    }
  }

 private:
  struct Guest {
    std::shared_ptr<Connection> connection;
    Time since;
    std::size_t wanted = 1;  ///< octets with which there is something to decide
  };
  struct Leaver {
    std::shared_ptr<Connection> connection;
    Time since;
    Bytes unsent;
    std::size_t dropped = 0;
  };

  /// Without a clock, how long nothing has happened.
  Time now() const { return options_.steady_now ? options_.steady_now() : Time(glanced_); }

  /// Reads what has come. True where he does not wait any longer.
  bool hears(Guest& guest, Time now) {
    std::array<char, kPiece> piece;
    const ssize_t count = ::recv(guest.connection->socket(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0) return true;
    guest.connection->received.append(piece.data(), static_cast<std::size_t>(count));
    return goes_on(guest, now);
  }

  /// Whether he goes in, or away.
  bool goes_on(Guest& guest, Time now) {
    std::string& received = guest.connection->received;
    if (received.size() < guest.wanted && !closing_) return false;
    auto head = read_head(received);
    if (const auto* refused = std::get_if<HeadRefusal>(&head)) {
      leave(std::move(guest.connection), *refused, now);
      return true;
    }
    auto* whole = std::get_if<RequestHead>(&head);
    if (whole == nullptr) return false;
    guest.wanted = whole->size + small_body_of(*whole);
    if (received.size() < guest.wanted && !closing_) return false;
    received.erase(0, whole->size);
    ports_.enter(std::move(guest.connection), std::move(*whole));
    return true;
  }

  /// Who says nothing is given less time than who has begun, and who sends much more.
  bool is_late(const Guest& guest, Time now) const {
    const std::size_t received = guest.connection->received.size();
    if (received == 0) return now - guest.since > options_.timeout;
    const std::chrono::seconds earned(received / std::max<std::uint64_t>(options_.slowest, 1));
    return now - guest.since > options_.patience + earned;
  }

  static std::uint64_t octets_of(const Guest& guest) { return guest.connection->received.size(); }

  /// Octets of requests that are not whole yet.
  std::uint64_t held() const {
    return std::accumulate(waiting_.begin(), waiting_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Guest& guest) { return sum + octets_of(guest); });
  }

  /// The oldest of the address that weighs most.
  void turn_one_away(Time now, const std::function<std::uint64_t(const Guest&)>& weight) {
    std::map<std::string, std::uint64_t> counts;
    for (const Guest& guest : waiting_)
      counts[network_of(guest.connection->remote().ip)] += weight(guest);
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    // They stand in the order in which they came.
    const auto oldest = std::find_if(waiting_.begin(), waiting_.end(), [&](const Guest& guest) {
      return network_of(guest.connection->remote().ip) == most->first;
    });
    leave(std::move(oldest->connection), kNoPlace, now);
    waiting_.erase(oldest);
  }

  void leave(std::shared_ptr<Connection> connection, const HeadRefusal& why, Time now) {
    Leaver leaver{std::move(connection), now, ports_.answer(why)};
    if (has_left(leaver)) return;
    if (leaving_.size() == kMostLeaving) leaving_.erase(leaving_.begin());
    leaving_.push_back(std::move(leaver));
  }

  /// Sends what there is to send, then drops what comes until he goes.
  static bool has_left(Leaver& leaver) {
    const int socket = leaver.connection->socket();
    if (!leaver.unsent.empty()) {
      const ssize_t sent = ::send(socket, leaver.unsent.data(), leaver.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno != EAGAIN && errno != EINTR;
      leaver.unsent.erase(0, static_cast<std::size_t>(sent));
      if (!leaver.unsent.empty()) return false;
      ::shutdown(socket, SHUT_WR);
    }
    std::array<char, kPiece> piece;
    while (true) {
      const ssize_t count = ::recv(socket, piece.data(), piece.size(), MSG_DONTWAIT);
      if (count < 0) return errno != EAGAIN && errno != EINTR;
      leaver.dropped += static_cast<std::size_t>(count);
      if (count == 0 || leaver.dropped > kDropped) return true;
    }
  }

  const HttpOptions& options_;
  const Ports& ports_;
  std::vector<Guest> waiting_;
  std::vector<Leaver> leaving_;
  std::chrono::milliseconds glanced_{0};
  bool closing_ = false;
};

Lobby::Lobby(const HttpOptions& options, Ports ports)
    : options_(options), ports_(std::move(ports)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  KIP_CHECK(bell_ >= 0);
  thread_ = std::thread([this] {
    if (options_.name_thread) options_.name_thread("kip-lobby");
    run();
  });
}

void Lobby::add(std::shared_ptr<Connection> connection) {
  admit({std::move(connection), false});
}

void Lobby::turn_away(std::shared_ptr<Connection> connection) {
  admit({std::move(connection), true});
}

void Lobby::admit(Newcomer newcomer) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    newcomers_.push_back(std::move(newcomer));
  }
  wake();
}

void Lobby::wake() const {
  const std::uint64_t one = 1;
  // Where the counter is full, the bell rings anyway.
  [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof(one));
}

std::vector<Lobby::Newcomer> Lobby::take_newcomers(bool& finishing) {
  std::uint64_t rung = 0;
  [[maybe_unused]] const auto read = ::read(bell_, &rung, sizeof(rung));
  const std::lock_guard lock(mutex_);
  finishing = finishing_;
  return std::exchange(newcomers_, {});
}

void Lobby::run() {
  Room room(options_, ports_);
  bool finishing = false;
  while (true) {
    for (Newcomer& newcomer : take_newcomers(finishing))
      room.add(std::move(newcomer));
    size_ = room.size();
    if (finishing) break;
    room.wait(bell_);
    size_ = room.size();
  }
  room.last_round();
  size_ = 0;
}

void Lobby::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  if (!thread_.joinable()) return;
  wake();
  thread_.join();
  ::close(bell_);
}

}  // namespace kip::http
