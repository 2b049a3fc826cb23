#include "sql_leaves.hpp"

#include "sql_error.hpp"
#include "sql_table.hpp"

namespace kip::server::sql {

Result<std::vector<LogLife>> SqlLeaves::lives(LogName log) {
  return guarded("reading the lives of a log", [&]() -> Result<std::vector<LogLife>> {
    SQLite::Statement statement(database_,
                                "SELECT number, origin FROM log_lives WHERE tenant = ? AND log = ? ORDER BY number");
    Binder(statement).text(tenant_.str()).text(to_string(log));
    std::vector<LogLife> out;
    while (statement.executeStep()) {
      RowReader row(statement);
      const std::int64_t number = row.integer();
      out.push_back({log, number, row.text()});
    }
    return out;
  });
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
  return guarded("beginning a log", [&]() -> Result<void> {
    SQLite::Statement insert(database_, "INSERT INTO log_lives (tenant, log, number, origin) VALUES (?, ?, ?, ?)");
    Binder(insert).text(tenant_.str()).text(to_string(life.log)).integer(life.number).text(life.origin);
    insert.exec();
    ends_[life.log] = {life.number, 0};
    return {};
  });
}

Result<std::int64_t> SqlLeaves::append(LogName log, std::int64_t event_index, BytesView entry, BytesView salt) {
  KIP_TRY(const End last, end(log));
  KIP_CHECK(last.life > 0);
  return guarded("adding to a log", [&]() -> Result<std::int64_t> {
    if (!insert_) {
      insert_.emplace(database_,
                      "INSERT INTO log_leaves (tenant, log, life, position, event_position, entry, salt) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)");
    }
    insert_->reset();
    Binder to(*insert_);
    to.text(tenant_.str()).text(to_string(log)).integer(last.life).integer(last.size).integer(event_index);
    to.blob(entry).blob(salt);
    insert_->exec();
    ends_[log].size = last.size + 1;
    return last.size;
  });
}

Result<std::vector<Leaf>> SqlLeaves::from(LogName log, std::int64_t position, std::size_t limit) {
  KIP_TRY(const End last, end(log));
  return of_life(log, last.life, position, limit);
}

Result<std::vector<Leaf>> SqlLeaves::of_life(LogName log, std::int64_t life, std::int64_t position, std::size_t limit) {
  return guarded("reading a log", [&]() -> Result<std::vector<Leaf>> {
    SQLite::Statement statement(
        database_,
        "SELECT position, event_position, entry, salt FROM log_leaves "
        "WHERE tenant = ? AND log = ? AND life = ? AND position >= ? ORDER BY position LIMIT ?");
    Binder(statement)
        .text(tenant_.str())
        .text(to_string(log))
        .integer(life)
        .integer(position)
        .integer(static_cast<std::int64_t>(limit));
    std::vector<Leaf> out;
    while (statement.executeStep()) {
      RowReader row(statement);
      const std::int64_t place = row.integer();
      const std::int64_t event_index = row.integer();
      Bytes entry = row.text();
      out.push_back({place, event_index, std::move(entry), row.text()});
    }
    return out;
  });
}

Result<void> SqlLeaves::destroy_salts(std::int64_t event_index) {
  return guarded("destroying salts", [&] {
    SQLite::Statement update(database_, "UPDATE log_leaves SET salt = NULL WHERE tenant = ? AND event_position = ?");
    Binder(update).text(tenant_.str()).integer(event_index);
    update.exec();
  });
}

Result<std::int64_t> SqlLeaves::size(LogName log) {
  KIP_TRY(const End last, end(log));
  return last.size;
}

Result<std::int64_t> SqlLeaves::last_event() {
  return guarded("reading a log", [&]() -> Result<std::int64_t> {
    SQLite::Statement statement(database_, "SELECT coalesce(max(event_position), 0) FROM log_leaves WHERE tenant = ?");
    statement.bind(1, tenant_.str());
    statement.executeStep();
    return statement.getColumn(0).getInt64();
  });
}

Result<SqlLeaves::End> SqlLeaves::end(LogName log) {
  if (const auto known = ends_.find(log); known != ends_.end()) return known->second;
  return guarded("reading a log", [&]() -> Result<End> {
    SQLite::Statement statement(
        database_,
        "SELECT number, (SELECT coalesce(max(position) + 1, 0) FROM log_leaves AS l WHERE l.tenant = v.tenant "
        "AND l.log = v.log AND l.life = v.number) FROM log_lives AS v WHERE tenant = ? AND log = ? "
        "ORDER BY number DESC LIMIT 1");
    Binder(statement).text(tenant_.str()).text(to_string(log));
    End out;
    if (statement.executeStep()) {
      RowReader row(statement);
      out.life = row.integer();
      out.size = row.integer();
    }
    return ends_.emplace(log, out).first->second;
  });
}

}  // namespace kip::server::sql
