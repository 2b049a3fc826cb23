#include "request_table.hpp"

#include "sql.hpp"

namespace kip::updater::sql {
namespace {

void bind_answer(Binder& to, const std::optional<RequestAnswer>& answer) {
  if (!answer) {
    to.null().null().null().null().integer(1).null();
    return;
  }
  to.integer(answer->number).instant(answer->recorded_at).instant(answer->asked_at).optional_instant(answer->due);
  to.integer(answer->open ? 1 : 0).blob(answer->envelope);
}

/// The columns number to answer.
std::optional<RequestAnswer> read_answer(Row& row, std::int64_t number) {
  const Instant recorded_at = row.optional_instant().value_or(Instant());
  const Instant asked_at = row.optional_instant().value_or(Instant());
  const auto due = row.optional_instant();
  const bool open = row.integer() != 0;
  Bytes envelope = row.optional_text().value_or(std::string());
  if (number == 0) return std::nullopt;
  return RequestAnswer{number, recorded_at, asked_at, due, open, std::move(envelope)};
}

Result<KeptRequest> read_request(SQLite::Statement& statement) {
  Row row(statement);
  auto id = row.parsed(RequestId::parse);
  const auto kind = row.parsed(parse_service_kind);
  const std::int64_t grade = row.integer();
  const Instant made_at = row.instant();
  auto failed = row.optional_parsed(Version::parse);
  const auto digest = row.parsed(Sha256Digest::parse);
  Bytes envelope = row.text();
  const std::int64_t number = row.integer();  // 0 where there is none
  auto answer = read_answer(row, number);
  std::string refusal = row.text();
  KIP_TRY_VOID(row.finish());
  return KeptRequest{*std::move(id),    *kind,   static_cast<int>(grade), made_at,
                     std::move(failed), *digest, std::move(envelope),     std::move(answer),
                     std::move(refusal)};
}

}  // namespace

void put_request(SQLite::Database& database, const KeptRequest& request) {
  SQLite::Statement statement(
      database,
      "INSERT OR REPLACE INTO service_request (id, kind, grade, made_at, failed_version, digest, envelope, number, "
      "recorded_at, asked_at, due, open, answer, refusal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Binder to(statement);
  to.text(request.id.str()).text(std::string(to_string(request.kind))).integer(request.grade).instant(request.made_at);
  to.optional_text(request.failed ? std::optional(request.failed->str()) : std::nullopt);
  to.text(request.digest.hex()).blob(request.envelope);
  bind_answer(to, request.answer);
  to.text(request.refusal);
  statement.exec();
}

Result<std::vector<KeptRequest>> load_requests(SQLite::Database& database) {
  SQLite::Statement statement(database,
                              "SELECT id, kind, grade, made_at, failed_version, digest, envelope, number, recorded_at, "
                              "asked_at, due, open, answer, refusal FROM service_request ORDER BY id");
  std::vector<KeptRequest> out;
  while (statement.executeStep()) {
    KIP_TRY(KeptRequest request, read_request(statement));
    out.push_back(std::move(request));
  }
  return out;
}

}  // namespace kip::updater::sql
