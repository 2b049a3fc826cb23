#pragma once

// Inside server/storage/sqlite only.

#include <SQLiteCpp/SQLiteCpp.h>

#include <manifests/core/ids.hpp>
#include <server/domain/stamp_table.hpp>

namespace kip::server::sql {

/// The stamps of one tenant within one transaction.
class SqlStamps final : public StampTable {
 public:
  /// Both must outlive it.
  SqlStamps(SQLite::Database& database, const TenantId& tenant) : database_(database), tenant_(tenant) {}

  Result<void> put_subject(const StampSubject& subject) override;
  Result<std::optional<StampSubject>> subject(const Sha256Digest& digest) override;
  Result<std::optional<StampSubject>> last_subject() override;
  Result<void> put(const tsp::Stamp& stamp) override;
  Result<void> remove(const Sha256Digest& subject, const std::string& authority) override;
  Result<std::vector<tsp::Stamp>> all() override;

 private:
  SQLite::Database& database_;
  const TenantId& tenant_;
};

}  // namespace kip::server::sql
