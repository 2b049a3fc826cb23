#include "sql_stamps.hpp"

#include <server/domain/stamp_document.hpp>

namespace kip::server::sql {

Result<std::optional<StampSubject>> SqlStamps::one_subject(std::string_view sql, const Binder& with) {
  std::optional<StampSubject> out;
  KIP_TRY_VOID(connection_.run("reading what is to be stamped", sql, with, [&](RowReader& row) -> Result<void> {
    KIP_TRY(const Sha256Digest digest, row.digest());
    Bytes checkpoint = row.text();
    const std::int64_t size = row.integer();
    out.emplace(StampSubject{digest, std::move(checkpoint), size, row.instant()});
    return {};
  }));
  return out;
}

Result<void> SqlStamps::put_subject(const StampSubject& subject) {
  Binder to;
  to.text(tenant_.str()).digest(subject.digest).blob(subject.checkpoint).integer(subject.size).instant(subject.wanted);
  KIP_TRY_VOID(
      connection_.change("keeping what is to be stamped",
                         "INSERT INTO stamp_subjects (tenant, digest, checkpoint, size, wanted) VALUES (?, ?, ?, ?, ?) "
                         "ON CONFLICT (tenant, digest) DO UPDATE SET wanted = excluded.wanted",
                         to));
  return {};
}

Result<std::optional<StampSubject>> SqlStamps::subject(const Sha256Digest& digest) {
  return one_subject("SELECT digest, checkpoint, size, wanted FROM stamp_subjects WHERE tenant = ? AND digest = ?",
                     Binder().text(tenant_.str()).digest(digest));
}

Result<std::optional<StampSubject>> SqlStamps::last_subject() {
  return one_subject(
      "SELECT digest, checkpoint, size, wanted FROM stamp_subjects WHERE tenant = ? "
      "ORDER BY wanted DESC, size DESC LIMIT 1",
      Binder().text(tenant_.str()));
}

Result<void> SqlStamps::put(const tsp::Stamp& stamp) {
  Binder to;
  to.text(tenant_.str()).digest(stamp.subject).text(stamp.authority).text(json::to_compact(stamp_document(stamp)));
  KIP_TRY_VOID(connection_.change("keeping a stamp",
                                  "INSERT INTO stamps (tenant, subject, authority, document) VALUES (?, ?, ?, ?) ON "
                                  "CONFLICT (tenant, subject, authority) DO UPDATE SET document = excluded.document",
                                  to));
  return {};
}

Result<void> SqlStamps::remove(const Sha256Digest& subject, const std::string& authority) {
  KIP_TRY_VOID(connection_.change("removing a stamp",
                                  "DELETE FROM stamps WHERE tenant = ? AND subject = ? AND authority = ?",
                                  Binder().text(tenant_.str()).digest(subject).text(authority)));
  return {};
}

Result<std::vector<tsp::Stamp>> SqlStamps::all() {
  std::vector<tsp::Stamp> out;
  KIP_TRY_VOID(connection_.run(
      "reading stamps", "SELECT subject, authority, document FROM stamps WHERE tenant = ? ORDER BY subject, authority",
      Binder().text(tenant_.str()), [&](RowReader& row) -> Result<void> {
        KIP_TRY(const Sha256Digest subject, row.digest());
        std::string authority = row.text();
        KIP_TRY(tsp::Stamp stamp, read_stamp_document(subject, std::move(authority), row.text()));
        out.push_back(std::move(stamp));
        return {};
      }));
  return out;
}

}  // namespace kip::server::sql
