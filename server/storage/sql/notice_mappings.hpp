#pragma once

// Inside server/storage/sql only: how notices to customers lie in their tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct NoticeMapping {
  using Key = NoticeId;
  using Record = NoticeRecord;
  static constexpr const char* kName = "notices";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, kind, customer, product, subject, state, cause, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind_subject(Binder& to, const NoticeSubject& subject) {
    to.text(to_string(subject.kind)).text(subject.customer.str()).text(subject.product.str()).text(subject.subject);
  }
  static void bind(Binder& to, const Record& record) {
    bind_key(to, record.id);
    bind_subject(to, subject_of(record));
    to.text(to_string(record.state())).integer(record.cause).text(json::to_compact(to_json(record)));
  }
  static Result<Record> read(RowReader& row) { return parse_notice_record(row.text()); }
};

struct NoticeSwitchMapping {
  using Key = NoticeKind;
  using Record = NoticeSwitch;
  static constexpr const char* kName = "notice_switches";
  static constexpr const char* kColumns = "kind, is_on, event_position, at";
  static constexpr const char* kKey = "kind = ?";
  static constexpr const char* kOrder = "kind";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(to_string(key)); }
  static void bind(Binder& to, const Record& record) {
    bind_key(to, record.kind);
    to.integer(record.on ? 1 : 0).integer(record.since).instant(record.at);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const NoticeKind kind, row.parsed(parse_notice_kind));
    const bool on = row.integer() != 0;
    const std::int64_t since = row.integer();
    return Record{kind, on, since, row.instant()};
  }
};

class SqlNotices final : public SqlTable<NoticeMapping, NoticeTable> {
 public:
  using SqlTable::SqlTable;

  Result<std::optional<NoticeRecord>> about(const NoticeSubject& subject) override {
    KIP_TRY(auto found, query("kind = ? AND customer = ? AND product = ? AND subject = ?",
                              [&](Binder& binder) { NoticeMapping::bind_subject(binder, subject); }));
    return found.empty() ? std::optional<NoticeRecord>() : std::optional<NoticeRecord>(std::move(found.front()));
  }

  Result<std::vector<NoticeRecord>> page(const NoticeFilter& filter, const std::optional<NoticeId>& after,
                                         std::size_t limit) override {
    std::string condition = "id > ?";
    if (filter.kind) condition += " AND kind = ?";
    if (filter.customer) condition += " AND customer = ?";
    if (filter.product) condition += " AND product = ?";
    // As a literal, so that the partial index of what is queued serves.
    if (filter.state) condition += fmt::format(" AND state = '{}'", to_string(*filter.state));
    return query(
        condition,
        [&](Binder& binder) {
          binder.text(after ? after->str() : std::string());
          if (filter.kind) binder.text(to_string(*filter.kind));
          if (filter.customer) binder.text(filter.customer->str());
          if (filter.product) binder.text(filter.product->str());
        },
        limit);
  }

  Result<std::int64_t> last_cause() override {
    return connection_.number(NoticeMapping::kName, "SELECT coalesce(max(cause), 0) FROM notices WHERE tenant = ?",
                              with_tenant());
  }
};

}  // namespace kip::server::sql
