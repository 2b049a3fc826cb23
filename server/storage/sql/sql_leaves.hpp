#pragma once

// Inside server/storage/sql only.

#include <map>

#include <manifests/core/ids.hpp>
#include <server/domain/leaf_table.hpp>

#include "connection.hpp"

namespace kip::server::sql {

/// The leaves of one tenant within one transaction.
class SqlLeaves final : public LeafTable {
 public:
  /// Both must outlive it.
  SqlLeaves(Connection& connection, const TenantId& tenant) : connection_(connection), tenant_(tenant) {}

  Result<std::vector<LogLife>> lives(LogName log) override;
  Result<bool> has_begun(LogName log) override;
  Result<void> begin(const LogLife& life) override;
  Result<std::int64_t> append(LogName log, std::int64_t event_index, BytesView entry, BytesView salt) override;
  Result<std::vector<Leaf>> from(LogName log, std::int64_t position, std::size_t limit) override;
  Result<std::vector<Leaf>> of_life(LogName log, std::int64_t life, std::int64_t position, std::size_t limit) override;
  Result<void> destroy_salts(std::int64_t event_index) override;
  Result<std::int64_t> size(LogName log) override;
  Result<std::int64_t> last_event() override;

 private:
  struct End {
    std::int64_t life = 0;  ///< 0: the log has not begun
    std::int64_t size = 0;
  };
  /// Known once it was asked: this unit is the only writer.
  Result<End> end(LogName log);

  Connection& connection_;
  const TenantId& tenant_;
  std::map<LogName, End> ends_;
};

}  // namespace kip::server::sql
