#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <client-updater/update/state.hpp>

namespace kip::updater {

/// A script of a release, as its manifest says it is.
struct MigrationScript {
  std::int64_t number = 0;
  std::string name;  ///< its path in the package
  Sha256Digest sha256;
  std::string text;
};

/// What is written into the database beside each migration.
struct MigrationStamp {
  std::string update;  ///< of the update that brings it: no two have the same
  std::string kind;    ///< of the database
  Version release;
  Instant at;
};

/// How far a database has come, by what is written in it.
struct MigrationLevel {
  std::int64_t number = 0;  ///< of its last migration; 0 before the first
  std::string update;       ///< that brought it

  bool operator==(const MigrationLevel&) const = default;
};

/// One database of the customer's, which nobody else can write to until this is destroyed. What was not committed by
/// then is undone. Errors, the same for all: busy; disk_full; storage; integrity where the database is damaged. Not
/// thread-safe.
class CustomerDatabase {
 public:
  virtual ~CustomerDatabase() = default;

  virtual Result<MigrationLevel> level() = 0;
  /// Whether snapshot() and restore() can be had: not of a database on a server.
  virtual bool can_be_restored() const = 0;
  /// Writes its content to a new file, which is complete on return and not yet durable. Not after migrate().
  virtual Result<void> snapshot(const std::filesystem::path& file) = 0;
  /// Puts the content of a snapshot back, whole and durably or not at all.
  virtual Result<void> restore(const std::filesystem::path& file) = 0;
  /// Runs the scripts in their order and records each, all in one transaction that stays open. Errors besides: conflict
  /// where a script fails on this database's content, or leaves references to rows that are not there; malformed
  /// where it does what no script may; each names the script.
  virtual Result<void> migrate(const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) = 0;
  /// Makes what migrate() did durable.
  virtual Result<void> commit() = 0;
};

/// Opens databases of one or several makes. Format of what it writes into them: docs/formats/migrations.md. Errors as
/// above; not_found; malformed where there is no such database; conflict where it was attached as another kind before.
class DatabaseEngine {
 public:
  virtual ~DatabaseEngine() = default;

  /// Error busy where any program has it open.
  virtual Result<std::unique_ptr<CustomerDatabase>> open(const AttachedDatabase& which) = 0;
  /// Read beside whoever else uses it.
  virtual Result<MigrationLevel> level(const AttachedDatabase& which) = 0;
  /// Tries the scripts on a copy of what it holds now, or in a transaction that is undone, and says how long they took.
  /// `folder`: an empty one for the copy. Errors as of migrate().
  virtual Result<std::chrono::milliseconds> rehearse(const AttachedDatabase& which,
                                                     const std::vector<MigrationScript>& scripts,
                                                     const MigrationStamp& stamp,
                                                     const std::filesystem::path& folder) = 0;
  /// The one value that a query gives, as text, read without changing anything. Errors besides: conflict where it fails
  /// or gives anything else than one row with one column.
  virtual Result<std::string> ask(const AttachedDatabase& which, const std::string& query) = 0;
};

}  // namespace kip::updater
