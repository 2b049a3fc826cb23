#pragma once

// Inside server/storage/sqlite only: from SQLite's exceptions to our errors.

#include <string_view>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <manifests/core/result.hpp>

namespace kip::server::sqlite {

inline Unexpected failure(std::string_view doing, const SQLite::Exception& error) {
  const auto say = [&](ErrorCode code, std::string_view advice) {
    return fail(code, fmt::format("{}: {}{}", doing, error.what(), advice));
  };
  switch (error.getErrorCode() & 0xFF) {  // without the details of extended codes
    case SQLITE_FULL:
      return say(ErrorCode::disk_full, "; free some space");
    case SQLITE_IOERR:
      // Without room for its shared-memory file SQLite reports this, and not SQLITE_FULL.
      return say(ErrorCode::disk_full, "; the disk is full or failing: free some space, else check the disk");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(ErrorCode::busy, "; another program writes to the database: try again");
    case SQLITE_CONSTRAINT:
      return say(ErrorCode::conflict, "");
    default:
      return say(ErrorCode::storage, "; check that the folder exists and the permissions");
  }
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

}  // namespace kip::server::sqlite
