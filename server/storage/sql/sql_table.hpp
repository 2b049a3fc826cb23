#pragma once

// Inside server/storage/sql only: a table of the port over one SQL table.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <server/domain/unit_of_work.hpp>

#include "connection.hpp"
#include "upsert.hpp"

namespace kip::server::sql {

template <class Id>
Result<Id> parse_id(RowReader& row) {
  return Id::parse(row.text());
}

template <class Id>
Result<std::optional<Id>> optional_id(RowReader& row) {
  if (row.next_is_null()) {
    row.skip();
    return std::optional<Id>();
  }
  KIP_TRY(Id id, parse_id<Id>(row));
  return std::optional<Id>(std::move(id));
}

/// `Mapping` says how a record lies in its SQL table:
///     using Key, Record;
///     static constexpr const char *kName, *kColumns ("a, b, c"), *kKey ("a = ? AND b = ?"), *kOrder, *kWritten;
///     static void bind_key(Binder&, const Key&); static void bind(Binder&, const Record&);
///     static Result<Record> read(RowReader&);
/// kColumns are those that read() reads, kWritten those that bind() binds. The table's primary key is the tenant with
/// the columns of kOrder. The tenant is the first parameter of each statement.
template <class Mapping, class Port = Table<typename Mapping::Key, typename Mapping::Record>>
class SqlTable : public Port {
 public:
  using Key = typename Mapping::Key;
  using Record = typename Mapping::Record;

  SqlTable(Connection& connection, const TenantId& tenant) : connection_(connection), tenant_(tenant) {}

  Result<std::optional<Record>> find(const Key& key) override {
    static const std::string kFind = select(Mapping::kKey);
    Binder binder = with_tenant();
    Mapping::bind_key(binder, key);
    KIP_TRY(auto found, records(kFind, binder));
    return found.empty() ? std::optional<Record>() : std::optional<Record>(std::move(found.front()));
  }

  Result<void> put(const Record& record) override {
    static const std::string kPut = upsert(Mapping::kName, Mapping::kWritten, Mapping::kOrder);
    Binder binder = with_tenant();
    Mapping::bind(binder, record);
    KIP_TRY_VOID(connection_.change(Mapping::kName, kPut, binder));
    return {};
  }

  Result<std::vector<Record>> all() override {
    return query("TRUE", [](Binder&) {});
  }

 protected:
  enum class Order { ascending, descending };  ///< descending: only where the key is one column

  /// Records for which a condition holds, in the order of their keys, at most `limit`.
  template <class Bind>
  Result<std::vector<Record>> query(std::string_view condition, Bind&& bind, std::optional<std::size_t> limit = {},
                                    Order order = Order::ascending) {
    Binder binder = with_tenant();
    bind(binder);
    std::string sql =
        fmt::format("{} ORDER BY {}{}", select(condition), Mapping::kOrder, order == Order::descending ? " DESC" : "");
    if (limit) {
      sql += " LIMIT ?";
      binder.integer(static_cast<std::int64_t>(*limit));
    }
    return records(sql, binder);
  }

  Binder with_tenant() const {
    Binder out;
    out.text(tenant_.str());
    return out;
  }

  Connection& connection_;
  const TenantId& tenant_;

 private:
  static std::string select(std::string_view condition) {
    return fmt::format("SELECT {} FROM {} WHERE tenant = ? AND {}", Mapping::kColumns, Mapping::kName, condition);
  }

  Result<std::vector<Record>> records(std::string_view sql, const Binder& with) {
    std::vector<Record> out;
    KIP_TRY_VOID(connection_.run(Mapping::kName, sql, with, [&](RowReader& row) -> Result<void> {
      KIP_TRY(Record record, Mapping::read(row));
      out.push_back(std::move(record));
      return {};
    }));
    return out;
  }
};

}  // namespace kip::server::sql
