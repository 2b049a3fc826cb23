#include "postgres_connection.hpp"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>

#include "numbered.hpp"
#include "postgres_error.hpp"

namespace kip::server::postgres {
namespace {

constexpr int kOldestVersion = 130000;
constexpr std::string_view kLost = "the connection to the database was lost";

/// A row of an answer in binary form: numbers with the highest octet first.
class PostgresRow final : public sql::Row {
 public:
  PostgresRow(const PGresult* answer, int row) : answer_(answer), row_(row) {}

  bool is_null(int column) const override { return PQgetisnull(answer_, row_, column) != 0; }

  std::int64_t integer(int column) const override {
    const std::string_view octets = view(column);
    if (octets.empty()) return 0;
    KIP_CHECK(octets.size() <= sizeof(std::uint64_t));
    const bool is_negative = octets.size() > 1 && (static_cast<unsigned char>(octets[0]) & 0x80U) != 0;
    std::uint64_t out = is_negative ? std::numeric_limits<std::uint64_t>::max() : 0;
    for (const char octet : octets)
      out = out << 8U | static_cast<unsigned char>(octet);
    return static_cast<std::int64_t>(out);
  }

  std::string octets(int column) const override { return std::string(view(column)); }

 private:
  std::string_view view(int column) const {
    return {PQgetvalue(answer_, row_, column), static_cast<std::size_t>(PQgetlength(answer_, row_, column))};
  }

  const PGresult* answer_;
  int row_;
};

/// Parameters as libpq takes them: numbers as text, so that they fit every type of number, all else in binary form.
class Parameters {
 public:
  explicit Parameters(const std::vector<sql::Value>& values) : numbers_(values.size()) {
    for (std::size_t i = 0; i < values.size(); ++i)
      std::visit([&](const auto& one) { add(i, one); }, values[i]);
  }

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(std::size_t, std::monostate) { add(nullptr, 0, 1); }
  void add(std::size_t place, std::int64_t value) {
    numbers_[place] = std::to_string(value);
    add(numbers_[place].c_str(), 0, 0);
  }
  void add(std::size_t, const std::string& value) { add(value.data(), static_cast<int>(value.size()), 1); }
  void add(std::size_t, const sql::Octets& value) { add(value.value.data(), static_cast<int>(value.value.size()), 1); }
  void add(const char* value, int length, int format) {
    values_.push_back(value);
    lengths_.push_back(length);
    formats_.push_back(format);
  }

  std::vector<std::string> numbers_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

std::string_view field(const PGresult* answer, int which) {
  const char* text = PQresultErrorField(answer, which);
  return text == nullptr ? std::string_view() : text;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresOptions& options) {
  KIP_TRY(Handle handle, connect(options));
  std::unique_ptr<PostgresConnection> out(new PostgresConnection(std::move(handle), options));
  auto checked = out->check_server();
  if (checked) return out;
  if (!out->is_lost()) return Unexpected(std::move(checked).error());
  return fail(ErrorCode::storage, std::move(checked).error().message);
}

Result<void> PostgresConnection::check_server() {
  constexpr const char* kDoing = "looking at the database server";
  const int version = PQserverVersion(handle_.get());
  if (version < kOldestVersion)
    return failure(kDoing, "", fmt::format("version {} is too old, 13 is the oldest", version / 10000));
  std::string fsync;
  std::string encoding;
  KIP_TRY_VOID(run(kDoing, "SELECT current_setting('fsync'), current_setting('server_encoding')", sql::Binder(),
                   [&](sql::RowReader& row) -> Result<void> {
                     fsync = row.text();
                     encoding = row.text();
                     return {};
                   }));
  if (fsync != "on")
    return failure(kDoing, "", "it runs with fsync = off, so that what it has acknowledged may be lost: switch it on");
  if (encoding != "UTF8")
    return failure(kDoing, "", fmt::format("the database has the encoding {}: make one with UTF8", encoding));
  // At least what is on our own server's disk; with standbys that is asked of, more.
  return script(kDoing,
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')");
}

Result<std::int64_t> PostgresConnection::run(std::string_view doing, std::string_view sql, const sql::Binder& with,
                                             const Each& each) {
  for (const sql::Value& value : with.values()) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->find('\0') != std::string::npos)
      return failure(doing, "22021", "a text has a NUL in it");
  }
  KIP_TRY_VOID(renew_plans());
  KIP_TRY(const char* name, prepared(doing, sql));
  const Parameters parameters(with.values());
  KIP_TRY(const Answer got,
          answer(doing, PQsendQueryPrepared(handle_.get(), name, parameters.count(), parameters.values(),
                                            parameters.lengths(), parameters.formats(), 1)));
  if (PQresultStatus(got.get()) == PGRES_COMMAND_OK) {
    const std::string_view changed = PQcmdTuples(got.get());
    std::int64_t count = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), count);
    return count;
  }
  if (PQresultStatus(got.get()) != PGRES_TUPLES_OK) return failed(doing, got.get());
  for (int row = 0; row < PQntuples(got.get()); ++row) {
    const PostgresRow found(got.get(), row);
    sql::RowReader reader(found);
    KIP_TRY_VOID(each(reader));
  }
  return 0;
}

Result<void> PostgresConnection::script(std::string_view doing, const std::string& sql) {
  KIP_TRY(const Answer got, answer(doing, PQsendQuery(handle_.get(), sql.c_str())));
  const ExecStatusType status = PQresultStatus(got.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  return failed(doing, got.get());
}

Result<void> PostgresConnection::commit() {
  constexpr const char* kDoing = "making a change durable";
  if (is_lost())
    return fail(ErrorCode::busy, fmt::format("{}: {}, so that nothing was changed: try again", kDoing, kLost));
  const auto got = answer(kDoing, PQsendQuery(handle_.get(), "COMMIT"));
  if (got && PQresultStatus(got->get()) == PGRES_COMMAND_OK) {
    // In a transaction that has failed, COMMIT undoes all and calls that a success.
    if (std::string_view(PQcmdStatus(got->get())) == "COMMIT") return {};
    return failure(kDoing, "", "a statement before has failed, so that nothing was changed");
  }
  Unexpected why = got ? failed(kDoing, got->get()) : Unexpected(got.error());
  // A session that is ended while it commits says so as one does that is ended before.
  if (is_lost() || field(got->get(), PG_DIAG_SQLSTATE).starts_with("57P"))
    return fail(ErrorCode::busy, fmt::format("{}: {}, so that nobody knows whether it was: try again", kDoing, kLost));
  return why;
}

Result<void> PostgresConnection::renew_plans() {
  if (++runs_ < renewed_at_) return {};
  renewed_at_ *= 2;
  return script("renewing the plans of statements", "DISCARD PLANS");
}

Result<const char*> PostgresConnection::prepared(std::string_view doing, std::string_view sql) {
  const auto known = names_.find(sql);
  if (known != names_.end()) return known->second.c_str();
  const std::string name = fmt::format("s{}", names_.size());
  KIP_TRY(const Answer got,
          answer(doing, PQsendPrepare(handle_.get(), name.c_str(), numbered(sql).c_str(), 0, nullptr)));
  if (PQresultStatus(got.get()) != PGRES_COMMAND_OK) return failed(doing, got.get());
  return names_.emplace(sql, name).first->second.c_str();
}

Result<Answer> PostgresConnection::answer(std::string_view doing, int sent) {
  auto out = await_answer(handle_.get(), sent, limit_);
  if (out) return *std::move(out);
  handle_.reset();
  is_silent_ = true;
  report_(fmt::format("{}: the database server does not answer", doing));
  return fail(ErrorCode::busy, fmt::format("{}: the database does not answer; try again", doing));
}

Unexpected PostgresConnection::failed(std::string_view doing, const PGresult* answer) const {
  const std::string_view state = field(answer, PG_DIAG_SQLSTATE);
  if (state.empty() && is_lost()) {
    if (handle_) report_(fmt::format("{}: {}", doing, printable_line(PQerrorMessage(handle_.get()))));
    return fail(ErrorCode::busy, fmt::format("{}: {}; try again", doing, kLost));
  }
  if (state.empty()) return failure(doing, "", PQerrorMessage(handle_.get()));
  return failure(doing, state, field(answer, PG_DIAG_MESSAGE_PRIMARY));
}

}  // namespace kip::server::postgres
