#include <utility>

#include <server/domain/turns.hpp>

namespace kip::server {

Turns::Turn::~Turn() {
  if (turns_ != nullptr) turns_->end(who_);
}

std::optional<Turns::Turn> Turns::take(const std::string& who, int mistrust) {
  std::unique_lock lock(mutex_);
  Client& client = clients_[who];
  client.mistrust = mistrust;
  const auto free = [&] { return taken_ < limits_.at_once && !client.has_turn; };
  if (!free()) {
    if (client.waiting >= limits_.waiting_of_one || (waiting_ >= limits_.waiting && !make_room(client))) {
      if (!client.has_turn && client.waiting == 0) clients_.erase(who);
      return std::nullopt;
    }
    ++client.waiting;
    ++waiting_;
    changed_.wait(lock, [&] { return client.to_leave > 0 || free(); });
    --client.waiting;
    if (client.to_leave > 0) {
      --client.to_leave;
      if (!client.has_turn && client.waiting == 0) clients_.erase(who);
      return std::nullopt;
    }
    --waiting_;
  }
  client.has_turn = true;
  ++taken_;
  return Turn(*this, who);
}

/// Sends one away of the client that is trusted least or has most waiting, where this one would not be the next to go.
bool Turns::make_room(const Client& client) {
  const auto rank = [](const Client& one) { return std::pair(one.mistrust, one.waiting - one.to_leave); };
  Client* worst = nullptr;
  for (auto& [who, one] : clients_) {
    if (one.waiting > one.to_leave && (worst == nullptr || rank(*worst) < rank(one))) worst = &one;
  }
  const auto own = std::pair(client.mistrust, client.waiting - client.to_leave + 1);
  if (worst == nullptr || rank(*worst) <= own) return false;
  ++worst->to_leave;
  --waiting_;
  changed_.notify_all();
  return true;
}

void Turns::end(const std::string& who) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    const auto client = clients_.find(who);
    client->second.has_turn = false;
    if (client->second.waiting == 0) clients_.erase(client);
  }
  changed_.notify_all();
}

std::size_t Turns::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace kip::server
