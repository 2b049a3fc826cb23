#include "sql_events.hpp"

#include <algorithm>

namespace kip::server::sql {

Result<std::int64_t> SqlEvents::append(const EventId& id, std::string_view type, BytesView envelope, Instant recorded) {
  KIP_TRY(const std::int64_t last, last_index());
  Binder event;
  event.text(tenant_.str()).integer(last + 1).text(id.str()).text(type).blob(envelope).instant(recorded);
  KIP_TRY_VOID(connection_.change(
      "recording an event",
      "INSERT INTO events (tenant, position, id, type, envelope, recorded) VALUES (?, ?, ?, ?, ?, ?)", event));
  last_ = last + 1;
  return last + 1;
}

Result<std::size_t> SqlEvents::room_for(std::int64_t after, std::size_t limit) {
  if (limit <= 1) return limit;
  std::size_t count = 0;
  std::size_t octets = 0;
  KIP_TRY_VOID(connection_.run("reading events",
                               "SELECT length(envelope) FROM events WHERE tenant = ? AND position > ? "
                               "ORDER BY position LIMIT ?",
                               Binder().text(tenant_.str()).integer(after).integer(static_cast<std::int64_t>(limit)),
                               [&](RowReader& row) -> Result<void> {
                                 octets += static_cast<std::size_t>(row.integer());
                                 if (octets <= kMaxOctets) ++count;
                                 return {};
                               }));
  return std::max<std::size_t>(count, 1);
}

Result<std::vector<StoredEvent>> SqlEvents::after(std::int64_t after, std::size_t limit) {
  std::vector<StoredEvent> out;
  KIP_TRY(limit, room_for(after, limit));
  KIP_TRY_VOID(
      connection_.run("reading events",
                      "SELECT position, id, type, envelope, recorded FROM events "
                      "WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?",
                      Binder().text(tenant_.str()).integer(after).integer(static_cast<std::int64_t>(limit)),
                      [&](RowReader& row) -> Result<void> {
                        const std::int64_t index = row.integer();
                        KIP_TRY(EventId id, row.parsed(EventId::parse));
                        std::string type = row.text();
                        Bytes envelope = row.text();
                        out.push_back({index, std::move(id), std::move(type), std::move(envelope), row.instant()});
                        return {};
                      }));
  return out;
}

Result<void> SqlEvents::erase(std::int64_t index) {
  KIP_TRY_VOID(connection_.change("destroying an event",
                                  "UPDATE events SET envelope = ? WHERE tenant = ? AND position = ?",
                                  Binder().blob({}).text(tenant_.str()).integer(index)));
  return {};
}

Result<std::int64_t> SqlEvents::last_index() {
  if (last_) return *last_;
  return connection_.number("reading events", "SELECT coalesce(max(position), 0) FROM events WHERE tenant = ?",
                            Binder().text(tenant_.str()));
}

}  // namespace kip::server::sql
