#pragma once

// Inside server/storage/sql only: how archived statements about revocation lie in their table.

#include "sql_table.hpp"

namespace kip::server::sql {

struct RevocationMapping {
  using Key = Sha256Digest;
  using Record = RevocationRecord;
  static constexpr const char* kName = "revocations";
  static constexpr const char* kColumns = "signer, document";
  static constexpr const char* kKey = "signer = ?";
  static constexpr const char* kOrder = "signer";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& record) {
    to.digest(record.signer).text(json::to_compact(revocation_document(record)));
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest signer, row.digest());
    return read_revocation_document(signer, row.text());
  }
};

}  // namespace kip::server::sql
