#pragma once

// Inside server/storage/postgres only.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "postgres_connection.hpp"

namespace kip::server::postgres {

/// Connections that wait for work, and how many there may be. Thread-safe.
class ConnectionPool {
 public:
  ConnectionPool(std::size_t places, std::chrono::milliseconds patience) : patience_(patience), free_(places) {}

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

  /// A place without a connection. Errors: busy where none comes free for too long.
  Result<Place> take();
  /// A connection that waits for work, for a place; none where it has to be made.
  std::unique_ptr<PostgresConnection> idle();

 private:
  void give_back(std::unique_ptr<PostgresConnection> connection);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  ///< guards all below
  std::size_t free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::condition_variable free_again_;
};

}  // namespace kip::server::postgres
