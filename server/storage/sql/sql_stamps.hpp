#pragma once

// Inside server/storage/sql only.

#include <manifests/core/ids.hpp>
#include <server/domain/stamp_table.hpp>

#include "connection.hpp"

namespace kip::server::sql {

/// The stamps of one tenant within one transaction.
class SqlStamps final : public StampTable {
 public:
  /// Both must outlive it.
  SqlStamps(Connection& connection, const TenantId& tenant) : connection_(connection), tenant_(tenant) {}

  Result<void> put_subject(const StampSubject& subject) override;
  Result<std::optional<StampSubject>> subject(const Sha256Digest& digest) override;
  Result<std::optional<StampSubject>> last_subject() override;
  Result<void> put(const tsp::Stamp& stamp) override;
  Result<void> remove(const Sha256Digest& subject, const std::string& authority) override;
  Result<std::vector<tsp::Stamp>> all() override;

 private:
  Result<std::optional<StampSubject>> one_subject(std::string_view sql, const Binder& with);

  Connection& connection_;
  const TenantId& tenant_;
};

}  // namespace kip::server::sql
