#include "sql_leaves.hpp"

namespace kip::server::sql {

Result<std::vector<LogLife>> SqlLeaves::lives(LogName log) {
  std::vector<LogLife> out;
  KIP_TRY_VOID(connection_.run("reading the lives of a log",
                               "SELECT number, origin FROM log_lives WHERE tenant = ? AND log = ? ORDER BY number",
                               Binder().text(tenant_.str()).text(to_string(log)), [&](RowReader& row) -> Result<void> {
                                 const std::int64_t number = row.integer();
                                 out.push_back({log, number, row.text()});
                                 return {};
                               }));
  return out;
}

Result<bool> SqlLeaves::has_begun(LogName log) {
  KIP_TRY(const End last, end(log));
  return last.life > 0;
}

Result<void> SqlLeaves::begin(const LogLife& life) {
  KIP_TRY(const End last, end(life.log));
  if (life.number <= last.life) {
    return fail(ErrorCode::conflict, "the log \"" + std::string(to_string(life.log)) + "\" was begun meanwhile");
  }
  KIP_TRY_VOID(connection_.change(
      "beginning a log", "INSERT INTO log_lives (tenant, log, number, origin) VALUES (?, ?, ?, ?)",
      Binder().text(tenant_.str()).text(to_string(life.log)).integer(life.number).text(life.origin)));
  ends_[life.log] = {life.number, 0};
  return {};
}

Result<std::int64_t> SqlLeaves::append(LogName log, std::int64_t event_index, BytesView entry, BytesView salt) {
  KIP_TRY(const End last, end(log));
  KIP_CHECK(last.life > 0);
  Binder leaf;
  leaf.text(tenant_.str()).text(to_string(log)).integer(last.life).integer(last.size).integer(event_index);
  leaf.blob(entry);
  salt.empty() ? leaf.null() : leaf.blob(salt);
  KIP_TRY_VOID(connection_.change("adding to a log",
                                  "INSERT INTO log_leaves (tenant, log, life, position, event_position, entry, salt) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?)",
                                  leaf));
  ends_[log].size = last.size + 1;
  return last.size;
}

Result<std::vector<Leaf>> SqlLeaves::from(LogName log, std::int64_t position, std::size_t limit) {
  KIP_TRY(const End last, end(log));
  return of_life(log, last.life, position, limit);
}

Result<std::vector<Leaf>> SqlLeaves::of_life(LogName log, std::int64_t life, std::int64_t position, std::size_t limit) {
  Binder which;
  which.text(tenant_.str()).text(to_string(log)).integer(life).integer(position);
  which.integer(static_cast<std::int64_t>(limit));
  std::vector<Leaf> out;
  KIP_TRY_VOID(connection_.run("reading a log",
                               "SELECT position, event_position, entry, salt FROM log_leaves "
                               "WHERE tenant = ? AND log = ? AND life = ? AND position >= ? ORDER BY position LIMIT ?",
                               which, [&](RowReader& row) -> Result<void> {
                                 const std::int64_t place = row.integer();
                                 const std::int64_t event_index = row.integer();
                                 Bytes entry = row.text();
                                 out.push_back({place, event_index, std::move(entry), row.text()});
                                 return {};
                               }));
  return out;
}

Result<void> SqlLeaves::destroy_salts(std::int64_t event_index) {
  KIP_TRY_VOID(connection_.change("destroying salts",
                                  "UPDATE log_leaves SET salt = NULL WHERE tenant = ? AND event_position = ?",
                                  Binder().text(tenant_.str()).integer(event_index)));
  return {};
}

Result<std::int64_t> SqlLeaves::size(LogName log) {
  KIP_TRY(const End last, end(log));
  return last.size;
}

Result<std::int64_t> SqlLeaves::last_event() {
  return connection_.number("reading a log", "SELECT coalesce(max(event_position), 0) FROM log_leaves WHERE tenant = ?",
                            Binder().text(tenant_.str()));
}

Result<SqlLeaves::End> SqlLeaves::end(LogName log) {
  if (const auto known = ends_.find(log); known != ends_.end()) return known->second;
  End out;
  KIP_TRY_VOID(connection_.run(
      "reading a log",
      "SELECT number, (SELECT coalesce(max(position) + 1, 0) FROM log_leaves AS l WHERE l.tenant = v.tenant "
      "AND l.log = v.log AND l.life = v.number) FROM log_lives AS v WHERE tenant = ? AND log = ? "
      "ORDER BY number DESC LIMIT 1",
      Binder().text(tenant_.str()).text(to_string(log)), [&](RowReader& row) -> Result<void> {
        out.life = row.integer();
        out.size = row.integer();
        return {};
      }));
  return ends_.emplace(log, out).first->second;
}

}  // namespace kip::server::sql
