#include "connection_pool.hpp"

#include "postgres_error.hpp"

namespace kip::server::postgres {
namespace {

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Result<void> ConnectionPool::expect_reach() const {
  if (outage_.is_on(now())) return fail(ErrorCode::busy, std::string(kOutOfReach));
  return {};
}

Result<ConnectionPool::Place> ConnectionPool::take() {
  std::unique_lock lock(mutex_);
  if (!free_again_.wait_for(lock, patience_, [this] { return free_ > 0; })) {
    return fail(ErrorCode::busy,
                "all connections to the database are in use; try again, or raise postgresql.connections");
  }
  --free_;
  lock.unlock();
  Place out(*this);
  if (!outage_.may_ask(now())) return fail(ErrorCode::busy, std::string(kOutOfReach));
  return out;
}

std::unique_ptr<PostgresConnection> ConnectionPool::idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void ConnectionPool::unreachable() {
  outage_.begin(now());
  std::vector<std::unique_ptr<PostgresConnection>> lost;  // closed once the mutex is free
  const std::lock_guard lock(mutex_);
  lost.swap(idle_);
}

void ConnectionPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  if (connection != nullptr && connection->is_silent()) unreachable();
  {
    const std::lock_guard lock(mutex_);
    if (connection != nullptr && connection->is_idle()) idle_.push_back(std::move(connection));
    ++free_;
  }
  free_again_.notify_one();
}

}  // namespace kip::server::postgres
