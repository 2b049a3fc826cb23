#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

// What lies in a backup. Format: docs/formats/backup.md

inline constexpr const char* kBackupNoteFile = "backup.json";
inline constexpr const char* kBackupSumsFile = "SHA256SUMS";
inline constexpr const char* kBackupDatabase = "database.db";

/// "backup.json": what the backup is of.
struct BackupNote {
  TenantId tenant;
  Instant began;  ///< by the clock of the machine; all that was acknowledged before is in it
  std::int64_t events = 0;
  Sha256Digest sums;  ///< of the file SHA256SUMS
};

Bytes to_bytes(const BackupNote& note);
/// Errors: malformed.
Result<BackupNote> parse_backup_note(BytesView text);

struct BackupFile {
  std::string path;  ///< below the backup, with '/'
  Sha256Digest digest;
};

/// As `sha256sum --check` reads it: digest, two blanks, path, one per line.
Bytes to_bytes(const std::vector<BackupFile>& files);
/// Errors: malformed, also for a path that is not a SafeRelativePath or stands there twice.
Result<std::vector<BackupFile>> parse_backup_sums(BytesView text);

/// Every regular file below a folder, by its path from there, ascending. Errors: conflict where there is a link or
/// something else; those of the file system.
Result<std::vector<std::string>> files_below_folder(FileSystem& files, const std::filesystem::path& folder);

Result<Sha256Digest> digest_of_file(FileSystem& files, const std::filesystem::path& path);

/// Copies a file that lies at `path` of a backup to `root`/`place`. Others may read it only where a server lets them:
/// what is published, calendars, online-keys.json. Makes the folders that are missing. Returns the digest of what was
/// copied.
Result<Sha256Digest> copy_server_file(FileSystem& files, const std::filesystem::path& from, const std::string& path,
                                      const std::filesystem::path& root, const std::string& place);

/// Copies what is below a folder to `root`/`name`, but for locks and what is only being written. A file that is gone
/// before its turn is left out. Errors: those of files_below_folder() and of copying.
Result<void> copy_server_folder(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& root,
                                const std::string& name);

}  // namespace kip::server
