#include "sql_stamps.hpp"

#include <server/domain/stamp_document.hpp>

#include "sql_error.hpp"
#include "sql_table.hpp"

namespace kip::server::sql {
namespace {

Result<std::optional<StampSubject>> read_subject(SQLite::Statement& statement) {
  if (!statement.executeStep()) return std::optional<StampSubject>();
  RowReader row(statement);
  KIP_TRY(const Sha256Digest digest, row.digest());
  Bytes checkpoint = row.text();
  const std::int64_t size = row.integer();
  return std::optional(StampSubject{digest, std::move(checkpoint), size, row.instant()});
}

}  // namespace

Result<void> SqlStamps::put_subject(const StampSubject& subject) {
  return guarded("keeping what is to be stamped", [&] {
    SQLite::Statement insert(
        database_,
        "INSERT INTO stamp_subjects (tenant, digest, checkpoint, size, wanted) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (tenant, digest) DO UPDATE SET wanted = excluded.wanted");
    Binder to(insert);
    to.text(tenant_.str())
        .digest(subject.digest)
        .blob(subject.checkpoint)
        .integer(subject.size)
        .instant(subject.wanted);
    insert.exec();
  });
}

Result<std::optional<StampSubject>> SqlStamps::subject(const Sha256Digest& digest) {
  return guarded("reading what is to be stamped", [&] {
    SQLite::Statement statement(
        database_, "SELECT digest, checkpoint, size, wanted FROM stamp_subjects WHERE tenant = ? AND digest = ?");
    Binder(statement).text(tenant_.str()).digest(digest);
    return read_subject(statement);
  });
}

Result<std::optional<StampSubject>> SqlStamps::last_subject() {
  return guarded("reading what is to be stamped", [&] {
    SQLite::Statement statement(database_,
                                "SELECT digest, checkpoint, size, wanted FROM stamp_subjects WHERE tenant = ? "
                                "ORDER BY wanted DESC, size DESC LIMIT 1");
    Binder(statement).text(tenant_.str());
    return read_subject(statement);
  });
}

Result<void> SqlStamps::put(const tsp::Stamp& stamp) {
  return guarded("keeping a stamp", [&] {
    SQLite::Statement insert(database_,
                             "INSERT INTO stamps (tenant, subject, authority, document) VALUES (?, ?, ?, ?) "
                             "ON CONFLICT (tenant, subject, authority) DO UPDATE SET document = excluded.document");
    Binder(insert)
        .text(tenant_.str())
        .digest(stamp.subject)
        .text(stamp.authority)
        .text(json::to_compact(stamp_document(stamp)));
    insert.exec();
  });
}

Result<void> SqlStamps::remove(const Sha256Digest& subject, const std::string& authority) {
  return guarded("removing a stamp", [&] {
    SQLite::Statement remove(database_, "DELETE FROM stamps WHERE tenant = ? AND subject = ? AND authority = ?");
    Binder(remove).text(tenant_.str()).digest(subject).text(authority);
    remove.exec();
  });
}

Result<std::vector<tsp::Stamp>> SqlStamps::all() {
  return guarded("reading stamps", [&]() -> Result<std::vector<tsp::Stamp>> {
    SQLite::Statement statement(
        database_, "SELECT subject, authority, document FROM stamps WHERE tenant = ? ORDER BY subject, authority");
    Binder(statement).text(tenant_.str());
    std::vector<tsp::Stamp> out;
    while (statement.executeStep()) {
      RowReader row(statement);
      KIP_TRY(const Sha256Digest subject, row.digest());
      std::string authority = row.text();
      KIP_TRY(tsp::Stamp stamp, read_stamp_document(subject, std::move(authority), row.text()));
      out.push_back(std::move(stamp));
    }
    return out;
  });
}

}  // namespace kip::server::sql
