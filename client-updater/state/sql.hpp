#pragma once

// Inside client-updater/state only: from SQLite's exceptions to our errors, and from columns to our types.

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>

namespace kip::updater::sql {

Unexpected failure(std::string_view doing, const SQLite::Exception& error);

/// Runs a function that returns a Result and may throw SQLite's exceptions.
template <class F>
std::invoke_result_t<F> guarded(std::string_view doing, F&& function) {
  try {
    return std::forward<F>(function)();
  } catch (const SQLite::Exception& error) {
    return failure(doing, error);
  }
}

/// Binds parameters one after another.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  Binder& text(const std::string& value);
  Binder& integer(std::int64_t value);
  Binder& blob(BytesView value);
  Binder& null();
  Binder& instant(Instant value) { return integer(value.time_since_epoch().count()); }
  Binder& optional_instant(const std::optional<Instant>& value) { return value ? instant(*value) : null(); }
  Binder& optional_text(const std::optional<std::string>& value) { return value ? text(*value) : null(); }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

/// Reads columns one after another. The first value that does not parse is kept for finish().
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}

  std::string text() { return column().getString(); }
  std::int64_t integer() { return column().getInt64(); }
  Instant instant() { return Instant(std::chrono::milliseconds(integer())); }
  std::optional<std::string> optional_text();
  std::optional<Instant> optional_instant();

  /// text() through a parser `Result<T>(std::string_view)`.
  template <class Parser>
  auto parsed(Parser&& parser) {
    return keep(parser(std::string_view(text())));
  }
  template <class Parser>
  auto optional_parsed(Parser&& parser) {
    using T = typename decltype(parser(std::string_view()))::value_type;
    const auto source = optional_text();
    return source ? keep(parser(*source)) : std::optional<T>();
  }

  /// Errors: storage where a value did not parse: the database was damaged or edited.
  Result<void> finish() const;

 private:
  SQLite::Column column() { return statement_.getColumn(next_++); }
  template <class T>
  std::optional<T> keep(Result<T> result) {
    if (result) return *std::move(result);
    if (!error_) error_ = std::move(result).error();
    return std::nullopt;
  }

  SQLite::Statement& statement_;
  int next_ = 0;
  std::optional<Error> error_;
};

}  // namespace kip::updater::sql
