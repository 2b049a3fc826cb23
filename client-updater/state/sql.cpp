#include "sql.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace kip::updater::sql {

Unexpected failure(std::string_view doing, const SQLite::Exception& error) {
  const auto say = [&](ErrorCode code, std::string_view advice) {
    return fail(code, fmt::format("{}: {}; {}", doing, error.what(), advice));
  };
  switch (error.getErrorCode() & 0xFF) {  // without the details of extended codes
    case SQLITE_FULL:
      return say(ErrorCode::disk_full, "free some space and try again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(ErrorCode::busy, "another program uses it; try again");
    case SQLITE_CONSTRAINT:
      return say(ErrorCode::conflict, "please report this");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return say(ErrorCode::storage, "the file is damaged: keep it, call support, and enrol again with a new code");
    case SQLITE_IOERR:
      // Without room for its shared-memory file SQLite reports this, and not SQLITE_FULL.
      if (error.getExtendedErrorCode() == SQLITE_IOERR_SHMSIZE)
        return say(ErrorCode::disk_full, "the disk is full or failing: free some space, else check the disk");
      return say(ErrorCode::storage, "check the disk and the system log, then try again");
    default:
      return say(ErrorCode::storage, "check the disk and the permissions");
  }
}

Binder& Binder::text(const std::string& value) {
  statement_.bind(next_++, value);
  return *this;
}

Binder& Binder::integer(std::int64_t value) {
  statement_.bind(next_++, value);
  return *this;
}

Binder& Binder::blob(BytesView value) {
  statement_.bind(next_++, value.data(), static_cast<int>(value.size()));
  return *this;
}

Binder& Binder::null() {
  statement_.bind(next_++);
  return *this;
}

std::optional<std::string> Row::optional_text() {
  const SQLite::Column found = column();
  if (found.isNull()) return std::nullopt;
  return found.getString();
}

std::optional<Instant> Row::optional_instant() {
  const SQLite::Column found = column();
  if (found.isNull()) return std::nullopt;
  return Instant(std::chrono::milliseconds(found.getInt64()));
}

Result<void> Row::finish() const {
  if (!error_) return {};
  return fail(ErrorCode::storage, "the state database holds a value that cannot be: " + error_->message);
}

}  // namespace kip::updater::sql
