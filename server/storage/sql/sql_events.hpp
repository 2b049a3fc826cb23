#pragma once

// Inside server/storage only.

#include <optional>

#include <server/domain/unit_of_work.hpp>

#include "connection.hpp"

namespace kip::server::sql {

/// The events of one tenant within one transaction.
class SqlEvents final : public EventLog {
 public:
  /// Both must outlive it.
  SqlEvents(Connection& connection, const TenantId& tenant) : connection_(connection), tenant_(tenant) {}

  Result<std::int64_t> append(const EventId& id, std::string_view type, BytesView envelope, Instant recorded) override;
  Result<std::vector<StoredEvent>> after(std::int64_t after, std::size_t limit) override;
  Result<void> erase(std::int64_t index) override;
  Result<std::int64_t> last_index() override;

 private:
  /// Of at most `limit` events that come next, how many are to be read at once.
  Result<std::size_t> room_for(std::int64_t after, std::size_t limit);

  Connection& connection_;
  const TenantId& tenant_;
  std::optional<std::int64_t> last_;  ///< known once this unit, the only writer, has added one
};

}  // namespace kip::server::sql
