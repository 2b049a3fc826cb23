#pragma once

// Inside server/storage/sqlite only: from SQLite's exceptions to our errors.

#include <string_view>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <manifests/core/result.hpp>

namespace kip::server::sql {

inline Unexpected failure(std::string_view doing, const SQLite::Exception& error) {
  ErrorCode code = ErrorCode::storage;
  const char* advice = "";
  if (error.getErrorCode() == SQLITE_FULL) {
    code = ErrorCode::disk_full;
    advice = "; free some space";
  } else if (error.getErrorCode() == SQLITE_BUSY || error.getErrorCode() == SQLITE_LOCKED) {
    code = ErrorCode::busy;
    advice = "; another program writes to the database: try again";
  } else if (error.getErrorCode() == SQLITE_CONSTRAINT) {
    code = ErrorCode::conflict;
  }
  return fail(code, fmt::format("{}: {}{}", doing, error.what(), advice));
}

/// Runs a function that may throw SQLite's exceptions or return a Result with an error of its own.
template <class F>
auto guarded(std::string_view doing, F&& function) {
  using Value = std::invoke_result_t<F>;
  if constexpr (std::is_void_v<Value>) {
    try {
      std::forward<F>(function)();
      return Result<void>();
    } catch (const SQLite::Exception& error) {
      return Result<void>(failure(doing, error));
    }
  } else {
    try {
      return std::forward<F>(function)();
    } catch (const SQLite::Exception& error) {
      return Value(failure(doing, error));
    }
  }
}

}  // namespace kip::server::sql
