#include <algorithm>

#include <fmt/format.h>

#include <server/app/backup.hpp>
#include <server/app/log_agreement.hpp>
#include <server/app/server_database.hpp>
#include <server/app/setup.hpp>
#include <server/domain/projection.hpp>
#include <server/domain/store_copy.hpp>
#include <server/storage/folder_repository.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/whole_folder.hpp>
#include <signing/tuf/repository_check.hpp>

namespace kip::server {
namespace {

constexpr std::uint64_t kMaxText = 1U << 20U;
constexpr std::uint64_t kMaxSums = 1U << 30U;
constexpr unsigned kPrivateFile = 0600;
constexpr const char* kCopy = ".restored.db";

struct OpenedBackup {
  BackupNote note;
  std::vector<BackupFile> files;
};

Result<OpenedBackup> open_backup(FileSystem& files, const RestorePlan& plan) {
  const auto text = read_file(files, plan.from / kBackupNoteFile, kMaxText, Links::follow);
  if (!text && text.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is no whole backup: it has no {}", plan.from.string(), kBackupNoteFile));
  }
  if (!text) return Unexpected(text.error());
  if (plan.note && sha256(*text) != *plan.note) {
    return fail(ErrorCode::integrity, fmt::format("{} is another backup than the one that was asked for: {} has {}",
                                                  plan.from.string(), kBackupNoteFile, sha256(*text).hex()));
  }
  KIP_TRY(BackupNote note, parse_backup_note(*text));
  KIP_TRY(const Bytes sums, read_file(files, plan.from / kBackupSumsFile, kMaxSums, Links::follow));
  if (sha256(sums) != note.sums) {
    return fail(ErrorCode::integrity, fmt::format("{} was changed: it is not the one that {} names",
                                                  (plan.from / kBackupSumsFile).string(), kBackupNoteFile));
  }
  KIP_TRY(auto listed, parse_backup_sums(sums));
  return OpenedBackup{std::move(note), std::move(listed)};
}

/// What is nowhere listed may have been put there by anybody.
Result<void> expect_nothing_else(FileSystem& files, const RestorePlan& plan, const OpenedBackup& backup) {
  KIP_TRY(const auto there, files_below_folder(files, plan.from));
  for (const std::string& path : there) {
    const auto at =
        std::lower_bound(backup.files.begin(), backup.files.end(), path,
                         [](const BackupFile& file, const std::string& other) { return file.path < other; });
    const bool is_listed =
        path == kBackupNoteFile || path == kBackupSumsFile || (at != backup.files.end() && at->path == path);
    if (!is_listed) {
      return fail(ErrorCode::integrity, fmt::format("{} holds {}, which {} does not list; take it out",
                                                    plan.from.string(), path, kBackupSumsFile));
    }
  }
  return {};
}

/// Where the settings want a file of the backup; all of that within the folder itself.
Result<std::string> place_of_file(const std::string& path, const ServerSettings& settings,
                                  const std::filesystem::path& draft) {
  const auto below = [&](const std::filesystem::path& place, const char* setting) -> Result<std::string> {
    const auto relative = place.lexically_normal().lexically_relative(draft);
    if (!relative.empty() && *relative.begin() != "..") return relative.string();
    return fail(
        ErrorCode::usage,
        fmt::format("the setting {} names {}, which is outside the folder: give a copy of the backup's {} with a "
                    "path inside it by --settings, and move that part once the server is restored",
                    setting, place.string(), kSettingsFile));
  };
  const auto moved = [&](std::string_view name, const std::filesystem::path& place,
                         const char* setting) -> Result<std::string> {
    KIP_TRY(const std::string to, below(place, setting));
    return to + path.substr(name.size());
  };
  if (path.starts_with("keys/")) return moved("keys", settings.keys, "keys.folder");
  if (path.starts_with("calendars/")) return moved("calendars", settings.calendars, "calendars.folder");
  if (path.starts_with("logs/")) return moved("logs", settings.logs, "storage.logs");
  if (path.starts_with("repository/")) return moved("repository", settings.repository, "storage.repository");
  if (path != kBackupDatabase) return path;
  return settings.postgres ? Result<std::string>(kCopy) : below(settings.database, "storage.database");
}

/// Each is compared with its digest while it is copied, so that nothing can change in between.
Result<void> copy_all(FileSystem& files, const RestorePlan& plan, const OpenedBackup& backup,
                      const std::filesystem::path& draft) {
  const std::filesystem::path source = plan.settings.value_or(plan.from / kSettingsFile);
  KIP_TRY(const Bytes text, read_file(files, source, kMaxText, Links::follow));
  KIP_TRY(const ServerSettings settings, read_server_settings(text, draft / kSettingsFile));
  if (settings.tenant != backup.note.tenant) {
    return fail(ErrorCode::conflict, fmt::format("{} is of the vendor {}, and the backup of {}", source.string(),
                                                 settings.tenant.str(), backup.note.tenant.str()));
  }
  for (const BackupFile& file : backup.files) {
    KIP_TRY(const std::string place, place_of_file(file.path, settings, draft));
    const auto copied = copy_server_file(files, plan.from / file.path, file.path, draft, place);
    if (!copied) return fail_while("copying " + file.path, copied.error());
    if (*copied == file.digest) continue;
    return fail(ErrorCode::integrity,
                fmt::format("{} is damaged: its digest is {}, and {} lists {}", (plan.from / file.path).string(),
                            copied->hex(), kBackupSumsFile, file.digest.hex()));
  }
  return plan.settings ? replace_file(files, draft / kSettingsFile, text, kPrivateFile) : Result<void>();
}

/// The database, made anew from its events, whose signatures are looked at by that.
Result<void> open_store(FileSystem& files, ServerFolder& server, const std::filesystem::path& draft) {
  const std::vector<PublicKey> keys{server.keys.entry.key.public_key()};
  const bool is_file = !server.settings.postgres;
  const std::filesystem::path file = is_file ? server.settings.database : draft / kCopy;
  KIP_TRY_VOID(SqliteStore::check(file));
  if (is_file) {
    KIP_TRY(server.store, SqliteStore::open(file));
    KIP_TRY_VOID(rebuild(*server.store, server.settings.tenant, keys));
    return {};
  }
  {
    KIP_TRY(const auto from, SqliteStore::open(file));
    KIP_TRY(server.store, begin_database(files, server.settings));
    KIP_TRY_VOID(copy_state(*from, *server.store, server.settings.tenant, keys));
  }
  return files.remove(file);
}

/// So that installs believe what this server signs, also where they have seen later versions than the backup knows.
/// With each minute since the backup the step is larger: a second restore of it goes beyond the first.
Result<void> raise_versions(const BackupPorts& ports, const ServerFolder& server, const Recorder& recorder,
                            const BackupNote& note, RestoreReport& out) {
  constexpr std::int64_t kStep = 1000;
  const auto age = std::chrono::floor<std::chrono::minutes>(ports.clock.now() - note.began);
  tuf::Lifetimes lifetimes = server.settings.lifetimes;
  lifetimes.step = kStep + std::max<std::int64_t>(age.count(), 0);
  const auto root = server.settings.repository / server.settings.tenant.str();
  KIP_TRY(const auto repository, FolderRepository::open(ports.files, root));
  // Signing anew chooses no rollout, so that no limit is asked for.
  const InstallLimit no_limit = [](const Release&) { return Result<std::optional<Instant>>(std::nullopt); };
  Publisher publisher(*server.store, *repository, recorder, server.keys.roles, lifetimes, no_limit);
  const auto raised = publisher.renew();
  if (!raised) {
    out.remarks.push_back(fmt::format(
        "The published metadata could not be signed anew ({}): installs refuse it where they have seen a later one",
        raised.error().message));
  }
  KIP_TRY(const tuf::RepositoryReport report, tuf::check_repository(ports.files, root, ports.clock.now()));
  for (const tuf::Finding& finding : report.findings) {
    if (finding.weight == tuf::Finding::Weight::error) out.remarks.push_back("The repository: " + finding.text);
  }
  return {};
}

Result<void> continue_logs(const BackupPorts& ports, const RestorePlan& plan, const ServerFolder& server,
                           const Recorder& recorder, RestoreReport& out) {
  const TenantId& tenant = server.settings.tenant;
  KIP_TRY(out.entries, check_logs_agree(ports.files, *server.store, tenant, log_keeping(server)));
  KIP_TRY_VOID(check_logs_open(ports.files, *server.store, tenant, log_keeping(server)));
  {
    KIP_TRY(const auto unit, server.store->begin(tenant, Access::read));
    KIP_TRY(const bool has_begun, unit->leaves().has_begun(LogName::o));
    if (plan.logs == LogsAfter::go_on || !has_begun) return {};
  }
  LogSequencer sequencer(ports.files, *server.store, recorder, log_keeping(server));
  const std::string reason = "restored from the backup of " + format_instant(out.note.began);
  KIP_TRY(out.lives, sequencer.restart(kServerActor, reason, plan.known));
  return {};
}

/// One that somebody ended after the backup must not be good again.
Result<void> end_sessions(const ServerFolder& server) {
  KIP_TRY(const auto unit, server.store->begin(server.settings.tenant, Access::write));
  KIP_TRY(const auto sessions, unit->sessions().all());
  for (const SessionRecord& session : sessions)
    KIP_TRY_VOID(unit->sessions().end(session.hash));
  return unit->commit();
}

/// All that follows once the database is there.
Result<void> finish(const BackupPorts& ports, const RestorePlan& plan, const ServerFolder& server,
                    const std::filesystem::path& draft, RestoreReport& out) {
  {
    KIP_TRY(const auto unit, server.store->begin(server.settings.tenant, Access::read));
    KIP_TRY(const std::int64_t events, unit->events().last_index());
    if (events != out.note.events) {
      return fail(ErrorCode::integrity,
                  fmt::format("the database has {} events, and {} says {}", events, kBackupNoteFile, out.note.events));
    }
  }
  const Recorder recorder(server.settings.tenant, server.settings.url, server.keys.entry, ports.clock, ports.random);
  KIP_TRY_VOID(continue_logs(ports, plan, server, recorder, out));
  if (plan.logs != LogsAfter::go_on) KIP_TRY_VOID(end_sessions(server));
  KIP_TRY_VOID(raise_versions(ports, server, recorder, out.note, out));
  return offer_keys(ports.files, draft, server);
}

Result<void> fill(const BackupPorts& ports, const RestorePlan& plan, const OpenedBackup& backup,
                  const std::filesystem::path& draft, RestoreReport& out) {
  KIP_TRY_VOID(expect_nothing_else(ports.files, plan, backup));
  KIP_TRY_VOID(copy_all(ports.files, plan, backup, draft));
  KIP_TRY(ServerFolder server, read_server_folder(ports.files, draft));
  KIP_TRY_VOID(open_store(ports.files, server, draft));
  const auto finished = finish(ports, plan, server, draft, out);
  if (finished || !server.settings.postgres) return finished;
  return fail_while(fmt::format("the database {} was filled already: remove it and make it anew before the next try",
                                server.settings.postgres->database),
                    finished.error());
}

}  // namespace

Result<RestoreReport> restore_backup(const BackupPorts& ports, const RestorePlan& plan) {
  const auto folder = folder_path(plan.to);
  KIP_TRY_VOID(expect_empty(ports.files, folder, "A backup is restored where nothing is"));
  KIP_TRY(const OpenedBackup backup, open_backup(ports.files, plan));
  RestoreReport out{backup.note};
  KIP_TRY_VOID(make_whole_folder(
      ports.files, folder, [&](const std::filesystem::path& draft) { return fill(ports, plan, backup, draft, out); }));
  return out;
}

}  // namespace kip::server
