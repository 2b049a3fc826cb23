#include <chrono>
#include <thread>

#include <fmt/format.h>

#include <server/app/backup.hpp>
#include <server/app/log_agreement.hpp>
#include <server/domain/store_copy.hpp>
#include <server/storage/folder_repository.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/whole_folder.hpp>

namespace kip::server {
namespace {

constexpr unsigned kPrivateFile = 0600;
constexpr std::uint64_t kMaxCertificates = 16U << 20U;
/// A log that grows while it is copied may lose a file that the copy needs; then it is copied again.
constexpr int kTries = 10;

Result<bool> keys_are_plain(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(const auto names, files.list_directory(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".pem")) continue;
    KIP_TRY(const bool is_encrypted, needs_passphrase(files, folder / name));
    if (!is_encrypted) return true;
  }
  return false;
}

/// Certificates that the settings may name, of authorities and of other servers. Passwords stay where they are.
Result<void> copy_certificates(FileSystem& files, const std::filesystem::path& server,
                               const std::filesystem::path& draft) {
  KIP_TRY(const auto names, files.list_directory(server));
  for (const std::string& name : names) {
    if (!name.ends_with(".pem") && !name.ends_with(".crt")) continue;
    KIP_TRY(const FileStatus status, files.status(server / name));
    if (status.kind != FileKind::file) continue;
    KIP_TRY(const Bytes text, read_file(files, server / name, kMaxCertificates));
    if (text.find("PRIVATE KEY") != Bytes::npos) continue;
    KIP_TRY_VOID(copy_server_file(files, server / name, name, draft, name));
  }
  return {};
}

Result<void> expect_encrypted(const std::filesystem::path& keys, bool is_plain, bool is_wanted) {
  if (!is_plain || is_wanted) return {};
  return fail(
      ErrorCode::denied,
      fmt::format("the keys in {} are not encrypted, so that whoever gets hold of the backup could sign as this "
                  "server. Encrypt them with \"kip-server keys encrypt\", or say --with-plain-keys and guard "
                  "the backup as you guard the keys",
                  keys.string()));
}

/// The logs come before the database, which then knows all that they have published.
Result<void> copy_logs(FileSystem& files, const ServerFolder& server, const std::filesystem::path& draft) {
  std::optional<Error> last;
  for (int i = 0; i < kTries; ++i) {
    KIP_TRY_VOID(files.remove_tree(draft / "logs"));
    KIP_TRY(const bool begun, path_exists(files, server.settings.logs));
    if (!begun) return {};
    KIP_TRY_VOID(copy_server_folder(files, server.settings.logs, draft, "logs"));
    LogKeeping keeping = log_keeping(server);
    keeping.folder = draft / "logs";
    const auto opened = check_logs_open(files, *server.store, server.settings.tenant, keeping);
    if (opened) return {};
    last = opened.error();
    if (last->code != ErrorCode::not_found && last->code != ErrorCode::integrity) break;
  }
  return fail_while("copying the logs", *last);
}

/// At one moment. Of a database on a server its state is copied into a file of SQLite.
Result<void> copy_database(const ServerFolder& server, const std::filesystem::path& to) {
  if (!server.settings.postgres) return SqliteStore::copy(server.settings.database, to);
  KIP_TRY(const auto store, SqliteStore::open(to));
  KIP_TRY_VOID(copy_state(*server.store, *store, server.settings.tenant, {server.keys.entry.key.public_key()}));
  return {};
}

/// Whoever is publishing is done in seconds.
Result<std::unique_ptr<FileLock>> lock_patiently(FolderRepository& repository) {
  constexpr int kTurns = 300;
  constexpr std::chrono::milliseconds kTurn(200);
  for (int i = 1;; ++i) {
    auto lock = repository.lock();
    if (lock || lock.error().code != ErrorCode::busy || i == kTurns) return lock;
    std::this_thread::sleep_for(kTurn);
  }
}

/// Metadata while nobody publishes, so that it is of one publication; targets never change.
Result<void> copy_repository(FileSystem& files, const ServerFolder& server, const std::filesystem::path& draft) {
  const std::string& tenant = server.settings.tenant.str();
  const std::filesystem::path root = server.settings.repository / tenant;
  KIP_TRY(const auto repository, FolderRepository::open(files, root));
  {
    KIP_TRY(const auto lock, lock_patiently(*repository));
    KIP_TRY_VOID(copy_server_folder(files, root / "metadata", draft, "repository/" + tenant + "/metadata"));
  }
  return copy_server_folder(files, root / "targets", draft, "repository/" + tenant + "/targets");
}

/// Reads the copy through as a restore will. Returns how many events there are.
Result<std::int64_t> check_copy(FileSystem& files, const ServerFolder& server, const std::filesystem::path& draft) {
  KIP_TRY_VOID(SqliteStore::check(draft / kBackupDatabase));
  KIP_TRY(const auto store, SqliteStore::open(draft / kBackupDatabase));
  LogKeeping keeping = log_keeping(server);
  keeping.folder = draft / "logs";
  KIP_TRY_VOID(check_logs_agree(files, *store, server.settings.tenant, keeping));
  KIP_TRY(const auto unit, store->begin(server.settings.tenant, Access::read));
  return unit->events().last_index();
}

/// Both files that say what is in it, the note last: without it a folder is no backup.
Result<void> write_note(FileSystem& files, const std::filesystem::path& draft, const TenantId& tenant,
                        BackupReport& report) {
  KIP_TRY(const auto paths, files_below_folder(files, draft));
  std::vector<BackupFile> listed;
  for (const std::string& path : paths) {
    KIP_TRY(const Sha256Digest digest, digest_of_file(files, draft / path));
    listed.push_back({path, digest});
  }
  report.files = listed.size();
  const auto write = [&](const char* name, BytesView bytes) -> Result<void> {
    KIP_TRY(const auto file, files.open_output(draft / name, OutputMode::create_new, kPrivateFile));
    KIP_TRY_VOID(file->write(bytes));
    return file->close();
  };
  const Bytes sums = to_bytes(listed);
  const Bytes text = to_bytes(BackupNote{tenant, report.began, report.events, sha256(sums)});
  report.note = sha256(text);
  KIP_TRY_VOID(write(kBackupSumsFile, sums));
  return write(kBackupNoteFile, text);
}

Result<void> remove_locks(FileSystem& files, const std::filesystem::path& logs) {
  KIP_TRY(const bool begun, path_exists(files, logs));
  if (!begun) return {};
  KIP_TRY(const auto names, files.list_directory(logs));
  for (const std::string& name : names)
    KIP_TRY_VOID(files.remove_tree(logs / name / "lock"));
  return {};
}

Result<void> fill(FileSystem& files, const ServerFolder& opened, const std::filesystem::path& server,
                  const std::filesystem::path& draft, BackupReport& out) {
  for (const char* name : {kSettingsFile, "online-keys.json"})
    KIP_TRY_VOID(copy_server_file(files, server / name, name, draft, name));
  KIP_TRY_VOID(copy_certificates(files, server, draft));
  KIP_TRY_VOID(copy_server_folder(files, opened.settings.keys, draft, "keys"));
  KIP_TRY_VOID(copy_server_folder(files, opened.settings.calendars, draft, "calendars"));
  KIP_TRY_VOID(copy_logs(files, opened, draft));
  KIP_TRY_VOID(copy_database(opened, draft / kBackupDatabase));
  KIP_TRY_VOID(copy_repository(files, opened, draft));
  KIP_TRY(out.events, check_copy(files, opened, draft));
  KIP_TRY_VOID(remove_locks(files, draft / "logs"));
  return write_note(files, draft, opened.settings.tenant, out);
}

/// Where links lead to, as far as the path is there.
std::filesystem::path real_path(const std::filesystem::path& path) {
  std::error_code failed;
  auto out = std::filesystem::weakly_canonical(path, failed);
  return failed ? folder_path(path) : out;
}

/// What is lost together with the server is no backup of it, and the next one would hold this one as well.
Result<void> expect_outside(const std::filesystem::path& backup, const std::filesystem::path& server,
                            const ServerSettings& settings) {
  const auto place = real_path(backup);
  for (const auto& own : {server, settings.keys, settings.calendars, settings.repository, settings.logs}) {
    const auto inside = place.lexically_relative(real_path(own));
    if (inside.empty() || *inside.begin() == "..") continue;
    return fail(ErrorCode::usage, fmt::format("{} lies within the server's own folder {}; make the backup outside of "
                                              "it, best on another disk",
                                              backup.string(), own.string()));
  }
  return {};
}

}  // namespace

Result<BackupReport> make_backup(const BackupPorts& ports, const std::filesystem::path& server,
                                 const std::filesystem::path& to, bool with_plain_keys) {
  FileSystem& files = ports.files;
  const std::filesystem::path folder = folder_path(to);
  KIP_TRY(const bool is_taken, path_exists(files, folder));
  if (is_taken) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is there already; give each backup a name of its own", folder.string()));
  }
  BackupReport out{.began = ports.clock.now()};
  KIP_TRY(const ServerFolder opened, open_server_folder(files, server));
  const ServerSettings& settings = opened.settings;
  KIP_TRY_VOID(expect_outside(folder, server, settings));
  KIP_TRY(out.keys_are_plain, keys_are_plain(files, settings.keys));
  KIP_TRY_VOID(expect_encrypted(settings.keys, out.keys_are_plain, with_plain_keys));
  KIP_TRY_VOID(make_whole_folder(
      files, folder, [&](const std::filesystem::path& draft) { return fill(files, opened, server, draft, out); }));
  return out;
}

}  // namespace kip::server
