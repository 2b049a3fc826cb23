#include "sqlite_handle.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <client-updater/databases/sqlite_vfs.hpp>

namespace kip::updater::sqlite {
namespace {

constexpr int kPatienceMilliseconds = 5000;

constexpr std::array<std::pair<ErrorCode, std::string_view>, 5> kAdvice = {
    {{ErrorCode::busy, "a program has it open: close the application and try again"},
     {ErrorCode::disk_full, "free some space and try again"},
     {ErrorCode::integrity, "it is damaged: bring it back from a backup and try again"},
     {ErrorCode::malformed, "it is no SQLite database, or it is encrypted"},
     {ErrorCode::denied, "check its permissions"}}};

std::string_view advice_for(ErrorCode code) {
  const auto found =
      std::find_if(kAdvice.begin(), kAdvice.end(), [code](const auto& advice) { return advice.first == code; });
  return found == kAdvice.end() ? "check the disk" : found->second;
}

}  // namespace

ErrorCode error_code_of(int code, ErrorCode otherwise) {
  constexpr int kPrimary = 0xFF;
  switch (code & kPrimary) {
    case SQLITE_FULL:
      return ErrorCode::disk_full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorCode::busy;
    case SQLITE_CORRUPT:
      return ErrorCode::integrity;
    case SQLITE_NOTADB:
      return ErrorCode::malformed;
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return ErrorCode::denied;
    case SQLITE_IOERR:
      // Without room for its shared-memory file SQLite reports this, and not SQLITE_FULL.
      return code == SQLITE_IOERR_SHMSIZE ? ErrorCode::disk_full : ErrorCode::storage;
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return ErrorCode::storage;
    default:
      return otherwise;
  }
}

Result<Handle> Handle::open(const std::filesystem::path& file, Mode mode) {
  std::error_code unknown;
  const auto status = std::filesystem::symlink_status(file, unknown);
  if (mode != Mode::scratch) {
    if (!std::filesystem::exists(status)) {
      return fail(ErrorCode::not_found,
                  fmt::format("there is no database {}; bring it back, or take it off the list by kip-updater database "
                              "detach",
                              file.string()));
    }
    if (!std::filesystem::is_regular_file(status)) {
      return fail(ErrorCode::malformed, fmt::format("{} is no regular file; name the database itself", file.string()));
    }
  }
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::scratch ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags, sure_vfs());
  Handle handle(std::unique_ptr<sqlite3, CloseDatabase>(opened), file.string());
  if (code != SQLITE_OK) return handle.failure(code, sqlite3_errstr(code));
  sqlite3_busy_timeout(opened, kPatienceMilliseconds);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  switch (mode) {
    case Mode::shared:
      KIP_TRY_VOID(handle.run("PRAGMA query_only = ON; SELECT count(*) FROM sqlite_schema"));
      break;
    case Mode::exclusive:
      // EXTRA: where the journal's removal is the commit, that is durable too. The lock is kept beyond the transaction,
      // and shuts out readers of a database with a write-ahead log as well.
      KIP_TRY_VOID(
          handle.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = OFF; "
                     "BEGIN EXCLUSIVE; SELECT count(*) FROM sqlite_schema; COMMIT"));
      break;
    case Mode::scratch:
      KIP_TRY_VOID(handle.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF"));
      break;
  }
  return handle;
}

Result<void> Handle::run(const char* sql) {
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Result<void>() : Result<void>(failure());
}

Result<Statement> Handle::prepare(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(get(), sql, -1, &prepared, nullptr);
  Statement statement(prepared);
  if (code != SQLITE_OK) return failure();
  return statement;
}

Result<bool> Handle::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure();
}

Result<std::int64_t> Handle::integer(const char* sql) {
  KIP_TRY(const Statement statement, prepare(sql));
  KIP_TRY(const bool found, step(statement.get()));
  return found ? sqlite3_column_int64(statement.get(), 0) : 0;
}

Result<void> Handle::take_over(Handle& from) {
  sqlite3_backup* backup = sqlite3_backup_init(get(), "main", from.get(), "main");
  if (backup == nullptr) return failure();
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  const int code = finished == SQLITE_OK ? stepped : finished;
  return failure(code, sqlite3_errstr(code));
}

Unexpected Handle::failure() const {
  return failure(sqlite3_extended_errcode(get()), sqlite3_errmsg(get()));
}

Unexpected Handle::failure(int code, std::string_view what) const {
  const ErrorCode ours = error_code_of(code, ErrorCode::storage);
  return fail(ours, fmt::format("the database {}: {}; {}", name_, what, advice_for(ours)));
}

std::string text_of(sqlite3_stmt* statement, int column) {
  const auto* text = sqlite3_column_text(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  if (text == nullptr) return {};
  return {text, text + size};
}

}  // namespace kip::updater::sqlite
