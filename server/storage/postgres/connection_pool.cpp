#include "connection_pool.hpp"

namespace kip::server::postgres {

Result<ConnectionPool::Place> ConnectionPool::take() {
  std::unique_lock lock(mutex_);
  if (!free_again_.wait_for(lock, patience_, [this] { return free_ > 0; })) {
    return fail(ErrorCode::busy,
                "all connections to the database are in use; try again, or raise postgresql.connections");
  }
  --free_;
  return Place(*this);
}

std::unique_ptr<PostgresConnection> ConnectionPool::idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void ConnectionPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  {
    const std::lock_guard lock(mutex_);
    if (connection != nullptr && connection->is_idle()) idle_.push_back(std::move(connection));
    ++free_;
  }
  free_again_.notify_one();
}

}  // namespace kip::server::postgres
