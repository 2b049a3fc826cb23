#include <server/domain/turns.hpp>

namespace kip::server {

Turns::Turn::~Turn() {
  if (turns_ != nullptr) turns_->end(who_);
}

std::optional<Turns::Turn> Turns::take(const std::string& who) {
  std::unique_lock lock(mutex_);
  Client& client = clients_[who];
  const auto free = [&] { return taken_ < limits_.at_once && !client.has_turn; };
  if (!free()) {
    if (client.waiting >= limits_.waiting_of_one || waiting_ >= limits_.waiting) {
      if (!client.has_turn && client.waiting == 0) clients_.erase(who);
      return std::nullopt;
    }
    ++client.waiting;
    ++waiting_;
    changed_.wait(lock, free);
    --client.waiting;
    --waiting_;
  }
  client.has_turn = true;
  ++taken_;
  return Turn(*this, who);
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
