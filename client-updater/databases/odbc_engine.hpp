#pragma once

#include <client-updater/update/customer_database.hpp>
#include <manifests/core/instant.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// Databases on a server, by ODBC: the location is a file with the connection string, which nobody else may read.
/// Proven with PostgreSQL. They cannot be put back, and others are not shut out: see docs/formats/migrations.md. Not
/// thread-safe; what is referred to must outlive it.
class OdbcEngine final : public DatabaseEngine {
 public:
  OdbcEngine(FileSystem& files, const Clock& clock) : files_(files), clock_(clock) {}

  Result<std::unique_ptr<CustomerDatabase>> open(const AttachedDatabase& which) override;
  Result<MigrationLevel> level(const AttachedDatabase& which) override;
  /// In a transaction that is undone: other programs may have to wait for it.
  Result<std::chrono::milliseconds> rehearse(const AttachedDatabase& which, const std::vector<MigrationScript>& scripts,
                                             const MigrationStamp& stamp, const std::filesystem::path& folder) override;
  Result<std::string> ask(const AttachedDatabase& which, const std::string& query) override;

 private:
  FileSystem& files_;
  const Clock& clock_;
};

}  // namespace kip::updater
