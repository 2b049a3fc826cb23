#pragma once

// Inside server/storage/sql only: how alerts and their deliveries lie in their tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct AlertMapping {
  using Key = AlertId;
  using Record = AlertRecord;
  static constexpr const char* kName = "alerts";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, is_open, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& record) {
    bind_key(to, record.id);
    to.integer(record.is_open() ? 1 : 0).text(json::to_compact(to_json(record)));
  }
  static Result<Record> read(RowReader& row) { return parse_alert_record(row.text()); }
};

struct AlertDeliveryMapping {
  using Key = DeliveryId;
  using Record = AlertDelivery;
  static constexpr const char* kName = "alert_deliveries";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, state, next_at, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& record) {
    bind_key(to, record.id);
    to.text(to_string(record.state)).instant(record.next).text(json::to_compact(to_json(record)));
  }
  static Result<Record> read(RowReader& row) { return parse_alert_delivery(row.text()); }
};

class SqlAlerts final : public SqlTable<AlertMapping, AlertTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<AlertRecord>> open() override {
    return query("is_open = 1", [](Binder&) {});
  }

  Result<std::vector<AlertRecord>> page(bool only_open, const std::optional<AlertId>& before,
                                        std::size_t limit) override {
    std::string condition = only_open ? "is_open = 1" : "TRUE";
    if (before) condition += " AND id < ?";
    return query(
        condition,
        [&](Binder& binder) {
          if (before) binder.text(before->str());
        },
        limit, Order::descending);
  }
};

class SqlAlertDeliveries final : public SqlTable<AlertDeliveryMapping, AlertDeliveryTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::vector<AlertDelivery>> due(Instant now, std::size_t limit) override {
    return query(
        "state = 'waiting' AND next_at <= ?", [&](Binder& binder) { binder.instant(now); }, limit);
  }

  Result<std::vector<AlertDelivery>> page(const std::optional<DeliveryState>& state,
                                          const std::optional<DeliveryId>& before, std::size_t limit) override {
    std::string condition = state ? "state = ?" : "TRUE";
    if (before) condition += " AND id < ?";
    return query(
        condition,
        [&](Binder& binder) {
          if (state) binder.text(to_string(*state));
          if (before) binder.text(before->str());
        },
        limit, Order::descending);
  }

  Result<std::int64_t> count(DeliveryState state) override {
    return connection_.number(AlertDeliveryMapping::kName,
                              "SELECT count(*) FROM alert_deliveries WHERE tenant = ? AND state = ?",
                              with_tenant().text(to_string(state)));
  }
};

}  // namespace kip::server::sql
