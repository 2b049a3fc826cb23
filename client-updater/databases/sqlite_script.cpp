#include "sqlite_script.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>

namespace kip::updater::sqlite {
namespace {

constexpr std::chrono::hours kScriptTime(1);
constexpr std::chrono::minutes kQueryTime(1);
constexpr int kStepsBetweenLooks = 10'000;

constexpr std::array<std::string_view, 13> kPragmas = {
    "application_id", "defer_foreign_keys", "foreign_key_check", "foreign_key_list", "index_info",
    "index_list",     "index_xinfo",        "integrity_check",   "quick_check",      "table_info",
    "table_list",     "table_xinfo",        "user_version"};
constexpr std::array<std::string_view, 5> kModules = {"fts3", "fts4", "fts5", "rtree", "geopoly"};

std::string lower(const char* text) {
  std::string out = text == nullptr ? "" : text;
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

template <class List>
bool is_in(const List& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool reads_only(int action) {
  return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE;
}

/// SQLite asks it about all that a statement would do; it remembers what it has refused.
class Authorizer {
 public:
  enum class Allowed { changes, reading };

  Authorizer(sqlite3* database, Allowed allowed) : database_(database), allowed_(allowed) {
    sqlite3_set_authorizer(database_, &Authorizer::ask, this);
  }
  ~Authorizer() { sqlite3_set_authorizer(database_, nullptr, nullptr); }
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  const std::string& refused() const { return refused_; }

 private:
  static int ask(void* self, int action, const char* first, const char* second, const char*, const char*) {
    return static_cast<Authorizer*>(self)->judge(action, first, second);
  }

  int judge(int action, const char* first, const char* second) {
    std::string found = fault(action, lower(first), lower(second));
    if (found.empty()) return SQLITE_OK;
    refused_ = std::move(found);
    return SQLITE_DENY;
  }

  /// What is refused, in words; empty where it is allowed.
  std::string fault(int action, const std::string& first, const std::string& second) const {
    if (allowed_ == Allowed::reading && !reads_only(action)) return "change anything";
    switch (action) {
      case SQLITE_ATTACH:
        return "use ATTACH or VACUUM";
      case SQLITE_DETACH:
        return "use DETACH";
      case SQLITE_TRANSACTION:
        return "use BEGIN, COMMIT or ROLLBACK: all migrations are one transaction";
      case SQLITE_SAVEPOINT:
        return "use SAVEPOINT, RELEASE or ROLLBACK TO: all migrations are one transaction";
      case SQLITE_PRAGMA:
        return is_in(kPragmas, first) ? "" : "use PRAGMA " + first;
      case SQLITE_FUNCTION:
        return second == "load_extension" || second == "fts3_tokenizer" ? "use " + second + "()" : "";
      case SQLITE_CREATE_VTABLE:
        return is_in(kModules, second) ? "" : "make a virtual table by " + second;
      case SQLITE_READ:
      case SQLITE_SELECT:
      case SQLITE_RECURSIVE:
        return "";
      default:
        return first == "kip_migration" || second == "kip_migration" ? "touch kip_migration" : "";
    }
  }

  sqlite3* database_;
  Allowed allowed_;
  std::string refused_;
};

/// Stops what runs longer.
class Deadline {
 public:
  Deadline(sqlite3* database, const Clock& clock, std::chrono::milliseconds time)
      : database_(database), clock_(clock), end_(clock.now() + time) {
    sqlite3_progress_handler(database_, kStepsBetweenLooks, &Deadline::look, this);
  }
  ~Deadline() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  static int look(void* self) {
    const auto* deadline = static_cast<const Deadline*>(self);
    return deadline->clock_.now() > deadline->end_ ? 1 : 0;
  }

  sqlite3* database_;
  const Clock& clock_;
  Instant end_;
};

/// Where the text at `rest` begins, counted from 1, without the blanks before it.
std::ptrdiff_t line_of(const std::string& text, const char* rest) {
  const auto offset = static_cast<std::size_t>(rest - text.data());
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start), '\n');
}

Unexpected script_failure(const Handle& database, const Authorizer& authorizer, const MigrationScript& script,
                          std::ptrdiff_t line) {
  const int code = sqlite3_extended_errcode(database.get());
  const std::string where =
      fmt::format("migration {} ({}), line {}, on {}", script.number, script.name, line, database.name());
  if (!authorizer.refused().empty()) {
    return fail(ErrorCode::malformed, fmt::format("{}: a migration may not {}", where, authorizer.refused()));
  }
  if (code == SQLITE_INTERRUPT) return fail(ErrorCode::conflict, where + ": took more than an hour and was stopped");
  const ErrorCode ours = error_code_of(code, ErrorCode::conflict);
  if (ours == ErrorCode::conflict) return fail(ours, fmt::format("{}: {}", where, sqlite3_errmsg(database.get())));
  return fail_while(where, Result<void>(database.failure()).error());
}

}  // namespace

Result<void> run_script(Handle& database, const MigrationScript& script, const Clock& clock) {
  const std::string& text = script.text;
  if (!is_utf8(text) || text.find('\0') != std::string::npos) {
    return fail(ErrorCode::malformed, fmt::format("migration {} ({}) is no text in UTF-8", script.number, script.name));
  }
  const Authorizer authorizer(database.get(), Authorizer::Allowed::changes);
  const Deadline deadline(database.get(), clock, kScriptTime);
  const char* rest = text.c_str();
  while (*rest != '\0') {
    const std::ptrdiff_t line = line_of(text, rest);
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v2(database.get(), rest, -1, &prepared, &rest);
    const Statement statement(prepared);
    if (code != SQLITE_OK) return script_failure(database, authorizer, script, line);
    if (!statement) continue;  // blanks and comments
    int stepped = SQLITE_ROW;
    while (stepped == SQLITE_ROW)
      stepped = sqlite3_step(statement.get());
    if (stepped != SQLITE_DONE) return script_failure(database, authorizer, script, line);
  }
  return {};
}

Result<std::string> run_query(Handle& database, const std::string& query, const Clock& clock) {
  const Authorizer authorizer(database.get(), Authorizer::Allowed::reading);
  const Deadline deadline(database.get(), clock, kQueryTime);
  const auto refuse = [&](std::string_view why) {
    const bool forbidden = !authorizer.refused().empty();
    return fail(forbidden ? ErrorCode::malformed : ErrorCode::conflict,
                fmt::format("the query \"{}\" on {}: {}", query, database.name(),
                            forbidden ? "may not " + authorizer.refused() : std::string(why)));
  };
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database.get(), query.c_str(), -1, &prepared, &rest);
  const Statement statement(prepared);
  if (code != SQLITE_OK || !statement) return refuse(sqlite3_errmsg(database.get()));
  if (sqlite3_column_count(statement.get()) != 1) return refuse("gives more than one column");
  const int first = sqlite3_step(statement.get());
  if (first != SQLITE_ROW) return refuse(first == SQLITE_DONE ? "gives no row" : sqlite3_errmsg(database.get()));
  std::string value = text_of(statement.get(), 0);
  const int second = sqlite3_step(statement.get());
  if (second != SQLITE_DONE) {
    return refuse(second == SQLITE_ROW ? "gives more than one row" : sqlite3_errmsg(database.get()));
  }
  return value;
}

}  // namespace kip::updater::sqlite
