#pragma once

// Inside server/storage/sql only: how acts, promises and obligations lie in their tables.

#include "sql_table.hpp"

namespace kip::server::sql {

struct ActMapping {
  using Key = std::string;
  using Record = Act;
  static constexpr const char* kName = "acts";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "key = ?";
  static constexpr const char* kOrder = "key";
  static constexpr const char* kWritten = "key, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key); }
  static void bind(Binder& to, const Act& act) { to.text(act.key.str()).text(json::to_compact(to_json(act))); }
  static Result<Act> read(RowReader& row) { return parse_act(row.text()); }
};

struct HistoryMapping {
  using Key = std::string;
  using Record = ActHistory;
  static constexpr const char* kName = "act_histories";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "act = ?";
  static constexpr const char* kOrder = "act";
  static constexpr const char* kWritten = "act, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key); }
  static void bind(Binder& to, const Record& history) {
    to.text(history.act()).text(json::to_compact(to_json(history)));
  }
  static Result<Record> read(RowReader& row) { return parse_act_history(row.text()); }
};

struct CoverageMapping {
  using Key = std::string;
  using Record = Coverage;
  static constexpr const char* kName = "coverages";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "series = ?";
  static constexpr const char* kOrder = "series";
  static constexpr const char* kWritten = "series, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key); }
  static void bind(Binder& to, const Record& coverage) {
    to.text(coverage.series().str()).text(json::to_compact(to_json(coverage)));
  }
  static Result<Record> read(RowReader& row) { return parse_coverage(row.text()); }
};

struct CommitmentMapping {
  using Key = CommitmentId;
  using Record = Commitment;
  static constexpr const char* kName = "commitments";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "id = ?";
  static constexpr const char* kOrder = "id";
  static constexpr const char* kWritten = "id, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Commitment& commitment) {
    to.text(commitment.id.str()).text(json::to_compact(to_json(commitment)));
  }
  static Result<Commitment> read(RowReader& row) { return parse_commitment(row.text()); }
};

struct ObligationMapping {
  using Key = std::int64_t;
  using Record = ObligationRecord;
  static constexpr const char* kName = "obligations";
  static constexpr const char* kColumns = "number, act, commitment, circumstances";
  static constexpr const char* kKey = "number = ?";
  static constexpr const char* kOrder = "number";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.integer(key); }
  static void bind(Binder& to, const Record& obligation) {
    to.integer(obligation.number).text(obligation.act.str()).text(obligation.commitment.str());
    const bool none = obligation.circumstances == Circumstances{};
    none ? to.null() : to.text(json::to_compact(to_json(obligation.circumstances)));
  }
  static Result<Record> read(RowReader& row) {
    const std::int64_t number = row.integer();
    KIP_TRY(ActKey act, row.parsed(ActKey::parse));
    KIP_TRY(CommitmentId commitment, parse_id<CommitmentId>(row));
    Record out{number, std::move(act), std::move(commitment)};
    if (!row.next_is_null()) {
      KIP_TRY(out.circumstances, parse_circumstances(row.text()));
    }
    return out;
  }
};

struct RowMapping {
  using Key = RowKey;
  using Record = RowRecord;
  static constexpr const char* kName = "obligation_rows";
  static constexpr const char* kColumns =
      "number, customer, applicability, installed, seats, never_enrolled, completed_at, deferred_at";
  static constexpr const char* kKey = "number = ? AND customer = ?";
  static constexpr const char* kOrder = "number, customer";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.integer(key.first).text(key.second.str()); }
  static void bind(Binder& to, const Record& row) {
    bind_key(to, key_of(row));
    to.text(to_string(row.applicability)).integer(row.installed).integer(row.seats).integer(row.never_enrolled);
    to.optional_instant(row.completed_at).optional_instant(row.deferred_at);
  }
  static Result<Record> read(RowReader& row) {
    const std::int64_t number = row.integer();
    KIP_TRY(TaxCode customer, row.parsed(TaxCode::parse));
    Record out{number, std::move(customer)};
    KIP_TRY(out.applicability, row.parsed(parse_applicability));
    out.installed = row.integer();
    out.seats = row.integer();
    out.never_enrolled = row.integer();
    out.completed_at = row.optional_instant();
    out.deferred_at = row.optional_instant();
    return out;
  }
};

struct TallyMapping {
  using Key = std::int64_t;
  using Record = TallyRecord;
  static constexpr const char* kName = "obligation_tallies";
  static constexpr const char* kColumns =
      "number, counted, complete, unknown, not_applicable, not_entitled, installed, seats, never_enrolled";
  static constexpr const char* kKey = "number = ?";
  static constexpr const char* kOrder = "number";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.integer(key); }
  static void bind(Binder& to, const Record& record) {
    const Tally& tally = record.tally;
    to.integer(record.number).integer(tally.counted).integer(tally.complete).integer(tally.unknown);
    to.integer(tally.not_applicable).integer(tally.not_entitled).integer(tally.installed).integer(tally.seats);
    to.integer(tally.never_enrolled);
  }
  static Result<Record> read(RowReader& row) {
    Record out{row.integer()};
    out.tally.counted = row.integer();
    out.tally.complete = row.integer();
    out.tally.unknown = row.integer();
    out.tally.not_applicable = row.integer();
    out.tally.not_entitled = row.integer();
    out.tally.installed = row.integer();
    out.tally.seats = row.integer();
    out.tally.never_enrolled = row.integer();
    return out;
  }
};

}  // namespace kip::server::sql
