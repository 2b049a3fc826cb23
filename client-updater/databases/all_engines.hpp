#pragma once

#include <client-updater/databases/odbc_engine.hpp>
#include <client-updater/databases/sqlite_engine.hpp>

namespace kip::updater {

/// Each database by its own make. Not thread-safe; what is referred to must outlive it.
class AllEngines final : public DatabaseEngine {
 public:
  AllEngines(FileSystem& files, const Clock& clock) : sqlite_(clock), odbc_(files, clock) {}

  Result<std::unique_ptr<CustomerDatabase>> open(const AttachedDatabase& which) override {
    return engine_of(which).open(which);
  }
  Result<MigrationLevel> level(const AttachedDatabase& which) override { return engine_of(which).level(which); }
  Result<std::chrono::milliseconds> rehearse(const AttachedDatabase& which, const std::vector<MigrationScript>& scripts,
                                             const MigrationStamp& stamp,
                                             const std::filesystem::path& folder) override {
    return engine_of(which).rehearse(which, scripts, stamp, folder);
  }
  Result<std::string> ask(const AttachedDatabase& which, const std::string& query) override {
    return engine_of(which).ask(which, query);
  }

 private:
  DatabaseEngine& engine_of(const AttachedDatabase& which) {
    if (which.make == DatabaseMake::odbc) return odbc_;
    return sqlite_;
  }

  SqliteEngine sqlite_;
  OdbcEngine odbc_;
};

}  // namespace kip::updater
