#pragma once

// Inside server/storage/postgres only.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "outage.hpp"
#include "postgres_connection.hpp"

namespace kip::server::postgres {

/// Connections that wait for work, and how many there may be. Thread-safe.
class ConnectionPool {
 public:
  explicit ConnectionPool(const PostgresOptions& options)
      : patience_(options.patience),
        free_(options.connections),
        outage_(options.pause, options.patience + options.silence) {}

  /// The right to one connection. Given back when destroyed, with the connection where that is good for more.
  class Place {
   public:
    explicit Place(ConnectionPool& pool) : pool_(&pool) {}
    Place(Place&& other) noexcept
        : connection(std::move(other.connection)), pool_(std::exchange(other.pool_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (pool_ != nullptr) pool_->give_back(std::move(connection));
    }

    std::unique_ptr<PostgresConnection> connection;

   private:
    ConnectionPool* pool_;
  };

  /// Errors: busy while the server is out of reach.
  Result<void> expect_reach() const;
  /// A place without a connection; the taker says by answered() or unreachable() what came of it. Errors: busy where
  /// none comes free for too long, or the server is out of reach.
  Result<Place> take();
  /// A connection that waits for work, for a place; none where it has to be made.
  std::unique_ptr<PostgresConnection> idle();
  void answered() { outage_.end(); }
  /// Connections that wait for work are lost as well.
  void unreachable();

 private:
  void give_back(std::unique_ptr<PostgresConnection> connection);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  ///< guards all below
  std::size_t free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::condition_variable free_again_;
  Outage outage_;
};

}  // namespace kip::server::postgres
