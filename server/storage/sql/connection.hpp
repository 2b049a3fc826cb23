#pragma once

// Inside server/storage only: what the tables ask of a database engine.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <manifests/core/digest.hpp>
#include <manifests/core/instant.hpp>

namespace kip::server::sql {

struct Octets {
  Bytes value;
};

/// NULL, a number, a text or octets.
using Value = std::variant<std::monostate, std::int64_t, std::string, Octets>;

inline std::int64_t to_column(Instant instant) {
  return instant.time_since_epoch().count();
}
inline Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

/// The parameters of a statement, added one after another.
class Binder {
 public:
  Binder& text(std::string_view value) { return add(std::string(value)); }
  Binder& integer(std::int64_t value) { return add(value); }
  Binder& instant(Instant value) { return integer(to_column(value)); }
  Binder& blob(BytesView value) { return add(Octets{Bytes(value)}); }
  Binder& digest(const Sha256Digest& value) { return blob(value.bytes()); }
  Binder& optional_instant(const std::optional<Instant>& value) { return value ? instant(*value) : null(); }
  Binder& null() { return add(std::monostate()); }

  const std::vector<Value>& values() const { return values_; }

 private:
  Binder& add(Value value) {
    values_.push_back(std::move(value));
    return *this;
  }

  std::vector<Value> values_;
};

/// A row of an answer. Columns are counted from 0.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  /// Of a number or a truth value; 0 where it is NULL.
  virtual std::int64_t integer(int column) const = 0;
  /// A text or octets; empty where it is NULL.
  virtual std::string octets(int column) const = 0;
};

/// Reads columns one after another. What does not parse is a damaged database.
class RowReader {
 public:
  explicit RowReader(const Row& row) : row_(row) {}

  std::string text() { return row_.octets(next_++); }
  std::int64_t integer() { return row_.integer(next_++); }
  Instant instant() { return to_instant(integer()); }
  std::optional<Instant> optional_instant() {
    if (!next_is_null()) return instant();
    skip();
    return std::nullopt;
  }
  void skip() { ++next_; }
  bool next_is_null() const { return row_.is_null(next_); }
  /// text() through a parser `Result<T>(std::string_view)`.
  template <class Parser>
  auto parsed(Parser&& parser) {
    return parser(std::string_view(text()));
  }
  Result<Sha256Digest> digest() { return Sha256Digest::from_bytes(text()); }
  Result<std::optional<Sha256Digest>> optional_digest() {
    if (next_is_null()) {
      skip();
      return std::optional<Sha256Digest>();
    }
    KIP_TRY(const Sha256Digest value, digest());
    return std::optional<Sha256Digest>(value);
  }

 private:
  const Row& row_;
  int next_ = 0;
};

/// One connection to a database. Statements are in the SQL that all engines understand, with `?` for parameters, and
/// are prepared once. Errors of all calls, which begin with `doing`: busy, disk_full and storage as of UnitOfWork;
/// conflict where a constraint is hurt; malformed where the engine cannot hold a text. Not thread-safe.
class Connection {
 public:
  using Each = std::function<Result<void>(RowReader&)>;

  virtual ~Connection() = default;
  /// Runs a statement to its end, or until `each`, which gets every row and runs no statement, fails. How many rows it
  /// has inserted, updated or deleted.
  virtual Result<std::int64_t> run(std::string_view doing, std::string_view sql, const Binder& with,
                                   const Each& each) = 0;
  /// Runs several statements without parameters.
  virtual Result<void> script(std::string_view doing, const std::string& sql) = 0;

  /// A statement that answers nothing.
  Result<std::int64_t> change(std::string_view doing, std::string_view sql, const Binder& with) {
    return run(doing, sql, with, [](RowReader&) -> Result<void> { return {}; });
  }

  /// The one number that a statement answers; 0 where it answers none.
  Result<std::int64_t> number(std::string_view doing, std::string_view sql, const Binder& with) {
    std::int64_t out = 0;
    KIP_TRY_VOID(run(doing, sql, with, [&](RowReader& row) -> Result<void> {
      out = row.integer();
      return {};
    }));
    return out;
  }
};

/// What of a connection is done or undone as a whole. Undone when it is destroyed, unless it was committed.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Connection& connection() = 0;
  /// On return everything is durable.
  virtual Result<void> commit() = 0;
};

}  // namespace kip::server::sql
