#pragma once

// Inside server/storage/sqlite only: a table of the port over one SQL table.

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/instant.hpp>
#include <server/domain/unit_of_work.hpp>

#include "sql_error.hpp"

namespace kip::server::sql {

inline std::int64_t to_column(Instant instant) {
  return instant.time_since_epoch().count();
}
inline Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

/// Binds parameters one after another.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  Binder& text(std::string_view value) {
    statement_.bind(next_++, std::string(value));
    return *this;
  }
  Binder& integer(std::int64_t value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& instant(Instant value) { return integer(to_column(value)); }
  Binder& blob(BytesView value) {
    statement_.bind(next_++, value.data(), static_cast<int>(value.size()));
    return *this;
  }
  Binder& digest(const Sha256Digest& value) { return blob(value.bytes()); }
  Binder& optional_instant(const std::optional<Instant>& value) { return value ? instant(*value) : null(); }
  Binder& null() {
    statement_.bind(next_++);
    return *this;
  }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

/// Reads columns one after another. What does not parse is a damaged database.
class RowReader {
 public:
  explicit RowReader(SQLite::Statement& statement) : statement_(statement) {}

  std::string text() { return column().getString(); }
  std::int64_t integer() { return column().getInt64(); }
  Instant instant() { return to_instant(integer()); }
  std::optional<Instant> optional_instant() {
    if (!next_is_null()) return instant();
    skip();
    return std::nullopt;
  }
  void skip() { ++next_; }
  bool next_is_null() { return statement_.getColumn(next_).isNull(); }
  /// text() through a parser `Result<T>(std::string_view)`.
  template <class Parser>
  auto parsed(Parser&& parser) {
    return parser(std::string_view(text()));
  }
  Result<Sha256Digest> digest() { return Sha256Digest::from_bytes(column().getString()); }
  Result<std::optional<Sha256Digest>> optional_digest() {
    if (next_is_null()) {
      ++next_;
      return std::optional<Sha256Digest>();
    }
    KIP_TRY(const Sha256Digest value, digest());
    return std::optional<Sha256Digest>(value);
  }

 private:
  SQLite::Column column() { return statement_.getColumn(next_++); }

  SQLite::Statement& statement_;
  int next_ = 0;
};

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
///     static constexpr const char *kName, *kColumns ("a, b, c"), *kKey ("a = ? AND b = ?"), *kOrder, *kPut;
///     static void bind_key(Binder&, const Key&); static void bind(Binder&, const Record&);
///     static Result<Record> read(RowReader&);
/// The tenant is the first parameter of each statement.
template <class Mapping, class Port = Table<typename Mapping::Key, typename Mapping::Record>>
class SqlTable : public Port {
 public:
  using Key = typename Mapping::Key;
  using Record = typename Mapping::Record;

  SqlTable(SQLite::Database& database, const TenantId& tenant) : database_(database), tenant_(tenant) {}

  Result<std::optional<Record>> find(const Key& key) override {
    return guarded(Mapping::kName, [&]() -> Result<std::optional<Record>> {
      auto& statement = prepared(find_, select(Mapping::kKey));
      Binder binder(statement);
      binder.text(tenant_.str());
      Mapping::bind_key(binder, key);
      if (!statement.executeStep()) return std::optional<Record>();
      RowReader row(statement);
      auto record = Mapping::read(row);
      statement.reset();
      if (!record) return Unexpected(std::move(record).error());
      return std::optional<Record>(*std::move(record));
    });
  }

  Result<void> put(const Record& record) override {
    return guarded(Mapping::kName, [&] {
      auto& statement = prepared(put_, Mapping::kPut);
      Binder binder(statement);
      binder.text(tenant_.str());
      Mapping::bind(binder, record);
      statement.exec();
    });
  }

  Result<std::vector<Record>> all() override {
    return query("1", [](Binder&) {});
  }

 protected:
  /// Records for which a condition holds, in the order of their keys, at most `limit`.
  template <class Bind>
  Result<std::vector<Record>> query(std::string_view condition, Bind&& bind,
                                    std::size_t limit = std::numeric_limits<std::size_t>::max()) {
    return guarded(Mapping::kName, [&]() -> Result<std::vector<Record>> {
      SQLite::Statement statement(database_, fmt::format("{} ORDER BY {}", select(condition), Mapping::kOrder));
      Binder binder(statement);
      binder.text(tenant_.str());
      bind(binder);
      std::vector<Record> out;
      while (out.size() < limit && statement.executeStep()) {
        RowReader row(statement);
        KIP_TRY(Record record, Mapping::read(row));
        out.push_back(std::move(record));
      }
      return out;
    });
  }

  SQLite::Statement& prepared(std::optional<SQLite::Statement>& slot, const std::string& sql) {
    if (!slot) slot.emplace(database_, sql);
    slot->reset();
    return *slot;
  }

  SQLite::Database& database_;
  const TenantId& tenant_;

 private:
  static std::string select(std::string_view condition) {
    return fmt::format("SELECT {} FROM {} WHERE tenant = ? AND {}", Mapping::kColumns, Mapping::kName, condition);
  }

  std::optional<SQLite::Statement> find_;
  std::optional<SQLite::Statement> put_;
};

}  // namespace kip::server::sql
