#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <server/app/backup_files.hpp>
#include <server/app/service.hpp>

namespace kip::server {

struct BackupReport {
  Instant began;
  std::int64_t events = 0;
  std::size_t files = 0;
  std::optional<Sha256Digest> note = {};  ///< of backup.json: whoever keeps it elsewhere knows this very backup again
  bool keys_are_plain = false;            ///< whoever has the backup has the server's keys
};

struct BackupPorts {
  FileSystem& files;
  const Clock& clock;
  RandomSource& random;
};

/// Copies all that a server is made of into a new folder, which is there whole or not at all, while the server runs:
/// settings, keys as they lie, calendars, logs, database, repository, in that order. What is copied later never knows
/// less than what was copied before, so that the copy starts; it was read through as a restore will.
/// Format: docs/formats/backup.md. Errors: conflict where something has that name; denied for keys that are not
/// encrypted, unless that is wanted; those of the store and the file system.
Result<BackupReport> make_backup(const BackupPorts& ports, const std::filesystem::path& server,
                                 const std::filesystem::path& to, bool with_plain_keys);

/// What becomes of the logs of a server that is restored.
enum class LogsAfter {
  begin_new,  ///< something may have been published since the backup, and nobody knows what
  go_on,      ///< the server published nothing after the backup, as one that was stopped before it
};

struct RestorePlan {
  std::filesystem::path from;
  std::filesystem::path to;
  std::optional<std::filesystem::path> settings = {};  ///< instead of those in the backup
  std::optional<Sha256Digest> note = {};               ///< what backup.json must have
  LogsAfter logs = LogsAfter::begin_new;
  std::vector<tlog::Note> known = {};  ///< checkpoints of the old logs that others have kept
};

struct RestoreReport {
  BackupNote note;
  std::int64_t entries = 0;               ///< of the logs, each compared with the database
  std::vector<LogLife> lives = {};        ///< of the logs that begin
  std::vector<std::string> remarks = {};  ///< for people, one sentence each
};

/// Makes a server's folder of a backup where nothing is; it is there whole or not at all. Before, every file was
/// compared with its digest, the database read through and made anew from its events, each with a signature that
/// holds, and the logs compared with it entry by entry. With a database in PostgreSQL the one that the settings name is
/// filled, which must be empty. Errors: conflict where the folder has something in it; not_found, malformed, integrity
/// for a backup that is not whole; rollback where logs and database are not of one time; those of the store and the
/// file system.
Result<RestoreReport> restore_backup(const BackupPorts& ports, const RestorePlan& plan);

}  // namespace kip::server
