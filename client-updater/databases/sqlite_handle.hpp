#pragma once

// Inside client-updater/databases only: SQLite's C interface with our errors.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <manifests/core/result.hpp>

namespace kip::updater::sqlite {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

enum class Mode {
  shared,     ///< beside others, without changing anything
  exclusive,  ///< alone, and every commit is durable on return
  scratch,    ///< a new or our own copy: nothing of it is meant to survive
};

/// A connection. Never follows a link in the last component.
class Handle {
 public:
  /// Errors: not_found; malformed where the file is no SQLite database; busy; disk_full; storage; integrity.
  static Result<Handle> open(const std::filesystem::path& file, Mode mode);

  sqlite3* get() const { return database_.get(); }
  /// Its name in messages: the file, unless it is called otherwise.
  const std::string& name() const { return name_; }
  void call(std::string name) { name_ = std::move(name); }

  /// Statements of our own.
  Result<void> run(const char* sql);
  Result<Statement> prepare(const char* sql);
  /// Whether there is another row.
  Result<bool> step(sqlite3_stmt* statement);
  Result<std::int64_t> integer(const char* sql);
  /// All of another database's content takes the place of what is in this one, in one transaction.
  Result<void> take_over(Handle& from);

  /// What the last call failed with.
  Unexpected failure() const;

 private:
  Handle(std::unique_ptr<sqlite3, CloseDatabase> database, std::string name)
      : database_(std::move(database)), name_(std::move(name)) {}
  Unexpected failure(int code, std::string_view what) const;

  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::string name_;
};

/// A column as text; empty where it is NULL.
std::string text_of(sqlite3_stmt* statement, int column);

/// Which of our errors one of SQLite's stands for; `otherwise` for mistakes in a statement or in data.
ErrorCode error_code_of(int code, ErrorCode otherwise);

}  // namespace kip::updater::sqlite
