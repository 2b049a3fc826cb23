#pragma once

#include <client-updater/update/customer_database.hpp>
#include <manifests/core/instant.hpp>

namespace kip::updater {

/// Databases that are SQLite files. What is read and written beside scripts is the table kip_migration. Not
/// thread-safe; the clock must outlive it.
class SqliteEngine final : public DatabaseEngine {
 public:
  explicit SqliteEngine(const Clock& clock) : clock_(clock) {}

  Result<std::unique_ptr<CustomerDatabase>> open(const AttachedDatabase& which) override;
  Result<MigrationLevel> level(const AttachedDatabase& which) override;
  Result<std::chrono::milliseconds> rehearse(const AttachedDatabase& which, const std::vector<MigrationScript>& scripts,
                                             const MigrationStamp& stamp, const std::filesystem::path& folder) override;
  Result<std::string> ask(const AttachedDatabase& which, const std::string& query) override;

 private:
  const Clock& clock_;
};

}  // namespace kip::updater
