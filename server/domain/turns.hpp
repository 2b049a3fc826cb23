#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace kip::server {

/// Turns at something costly that only a few may do at the same time. One client has one at most, whatever he asks for,
/// so that he cannot keep the others from theirs; where no more may wait, one goes of the client that is
/// trusted least, and of those of the one that has most waiting. Thread-safe.
class Turns {
 public:
  struct Limits {
    std::size_t at_once = 4;
    std::size_t waiting_of_one = 8;  ///< of one client's callers, besides the one whose turn it is
    std::size_t waiting = 16;        ///< in all
  };

  /// Ends with the object.
  class Turn {
   public:
    ~Turn();
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), who_(std::move(other.who_)) {}
    Turn& operator=(Turn&&) = delete;

   private:
    friend class Turns;
    Turn(Turns& turns, std::string who) : turns_(&turns), who_(std::move(who)) {}

    Turns* turns_;
    std::string who_;
  };

  explicit Turns(const Limits& limits) : limits_(limits) {}

  /// Waits for it; none where too many wait already. `mistrust` is higher for whom others go before.
  std::optional<Turn> take(const std::string& who, int mistrust = 0);
  /// Callers that wait.
  std::size_t waiting() const;

 private:
  struct Client {
    bool has_turn = false;
    std::size_t waiting = 0;
    std::size_t to_leave = 0;  ///< of those that wait
    int mistrust = 0;
  };

  bool make_room(const Client& client);

  void end(const std::string& who);

  const Limits limits_;
  mutable std::mutex mutex_;         ///< guards what follows
  std::condition_variable changed_;  ///< a turn has ended
  std::map<std::string, Client> clients_;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace kip::server
