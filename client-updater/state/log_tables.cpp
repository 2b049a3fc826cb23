#include "log_tables.hpp"

#include "sql.hpp"

namespace kip::updater::sql {

Result<void> load_log(SQLite::Database& database, State& state) {
  SQLite::Statement heads(database, "SELECT origin, size, root, note, seen_at FROM log_head ORDER BY place");
  while (heads.executeStep()) {
    Row row(heads);
    std::string origin = row.text();
    const std::int64_t size = row.integer();
    const auto root = row.parsed(Sha256Digest::parse);
    Bytes note = row.text();
    const Instant seen_at = row.instant();
    KIP_TRY_VOID(row.finish());
    state.log_heads.push_back({{std::move(origin), size, *root}, std::move(note), seen_at});
  }
  SQLite::Statement conflicts(database,
                              "SELECT fault, origin, earlier, later, noticed_at FROM log_conflict ORDER BY place");
  while (conflicts.executeStep()) {
    Row row(conflicts);
    const auto fault = row.parsed(parse_log_fault);
    std::string origin = row.text();
    Bytes earlier = row.text();
    Bytes later = row.text();
    const Instant noticed_at = row.instant();
    KIP_TRY_VOID(row.finish());
    state.log_conflicts.push_back({*fault, std::move(origin), std::move(earlier), std::move(later), noticed_at});
  }
  SQLite::Statement basis(database, "SELECT token FROM basis");
  if (!basis.executeStep()) return {};
  Row row(basis);
  state.basis = row.parsed(Sha256Digest::parse);
  return row.finish();
}

void save_log(SQLite::Database& database, const State& state) {
  State stored;
  const bool is_stored = load_log(database, stored) && stored.log_heads == state.log_heads &&
                         stored.log_conflicts == state.log_conflicts && stored.basis == state.basis;
  if (is_stored) return;
  database.exec("DELETE FROM log_head");
  for (const KeptHead& one : state.log_heads) {
    SQLite::Statement statement(database,
                                "INSERT INTO log_head (origin, size, root, note, seen_at) VALUES (?, ?, ?, ?, ?)");
    Binder(statement)
        .text(one.head.origin)
        .integer(one.head.size)
        .text(one.head.root.hex())
        .blob(one.note)
        .instant(one.seen_at);
    statement.exec();
  }
  database.exec("DELETE FROM log_conflict");
  for (const LogConflict& one : state.log_conflicts) {
    SQLite::Statement statement(
        database, "INSERT INTO log_conflict (fault, origin, earlier, later, noticed_at) VALUES (?, ?, ?, ?, ?)");
    Binder(statement)
        .text(std::string(to_string(one.fault)))
        .text(one.origin)
        .blob(one.earlier)
        .blob(one.later)
        .instant(one.noticed_at);
    statement.exec();
  }
  database.exec("DELETE FROM basis");
  if (!state.basis) return;
  SQLite::Statement statement(database, "INSERT INTO basis (one, token) VALUES (1, ?)");
  Binder(statement).text(state.basis->hex());
  statement.exec();
}

}  // namespace kip::updater::sql
