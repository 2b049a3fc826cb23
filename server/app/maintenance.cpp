#include <fmt/format.h>

#include <server/app/maintenance.hpp>
#include <server/storage/folder_repository.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/repository_check.hpp>

namespace kip::server {
namespace {

constexpr unsigned kPrivateFolder = 0700;
constexpr unsigned kPrivateFile = 0600;
constexpr std::uint64_t kMaxSettings = 1U << 20U;

/// The same settings with keys.passphrase_file, which they do not have. The path is written as TOML writes a text.
Bytes with_passphrase_file(const Bytes& settings, const std::filesystem::path& file) {
  constexpr std::string_view kTable = "[keys]\n";
  std::string quoted;
  for (const char c : file.string()) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  const std::string line = fmt::format("passphrase_file = \"{}\"\n", quoted);
  Bytes out = settings;
  const std::size_t at = out.starts_with(kTable) ? 0 : out.find("\n" + std::string(kTable));
  if (at == Bytes::npos) return out + "\n" + std::string(kTable) + line;
  return out.insert(at + (at == 0 ? 0 : 1) + kTable.size(), line);
}

}  // namespace

Result<void> replace_online_keys(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(const ServerFolder opened, open_server_folder(files, folder));
  const auto lock = files.lock(folder / kLockFile);
  if (!lock) return fail_while("replacing keys (stop the server first)", lock.error());
  KIP_TRY(const SecretBytes passphrase, read_passphrase(files, opened.settings.passphrase_file));
  const std::filesystem::path& keys = opened.settings.keys;
  const std::filesystem::path fresh = keys / "new";
  KIP_TRY_VOID(files.remove_tree(fresh));
  KIP_TRY_VOID(files.make_directory(fresh, kPrivateFolder));
  KIP_TRY_VOID(make_server_keys(files, fresh, passphrase));
  for (const char* name : {"timestamp.pem", "snapshot.pem", "rollouts.pem"})
    KIP_TRY_VOID(files.rename(fresh / name, keys / name));
  KIP_TRY_VOID(files.sync_directory(keys));
  KIP_TRY_VOID(files.remove_tree(fresh));
  KIP_TRY(const ServerFolder replaced, open_server_folder(files, folder));
  return offer_keys(files, folder, replaced);
}

Result<void> change_log_keys(FileSystem& files, const std::filesystem::path& folder, LogKeyChange change) {
  KIP_TRY(const ServerFolder before, open_server_folder(files, folder));
  const auto lock = files.lock(folder / kLockFile);
  if (!lock) return fail_while("changing the logs' keys (stop the server first)", lock.error());
  KIP_TRY(const SecretBytes passphrase, read_passphrase(files, before.settings.passphrase_file));
  KIP_TRY_VOID(change == LogKeyChange::follow ? follow_checkpoint_key(files, before.settings.keys, passphrase)
                                              : drop_earlier_checkpoint_key(files, before.settings.keys));
  KIP_TRY(const ServerFolder changed, open_server_folder(files, folder));
  return offer_keys(files, folder, changed);
}

Result<Collected> collect_garbage(FileSystem& files, const ServerSettings& settings, Instant now, bool only_look) {
  const std::filesystem::path root = settings.repository / settings.tenant.str();
  KIP_TRY(const auto repository, FolderRepository::open(files, root));
  KIP_TRY(const auto lock, repository->lock());
  KIP_TRY(const tuf::RepositoryReport report, tuf::check_repository(files, root, now));
  if (!report.is_sound()) {
    return fail(
        ErrorCode::integrity,
        fmt::format("the repository in {0} is damaged, so nothing was removed; see kip repo fsck {0}", root.string()));
  }
  Collected out;
  KIP_TRY(out.paths, tuf::unnamed_files(files, root, report));
  for (const std::string& path : out.paths) {
    KIP_TRY(const FileStatus status, files.status(root / path));
    out.octets += status.size;
    if (!only_look) KIP_TRY_VOID(files.remove(root / path));
  }
  return out;
}

Result<void> encrypt_keys(FileSystem& files, const std::filesystem::path& folder,
                          const std::filesystem::path& passphrase_file) {
  const std::filesystem::path settings_file = std::filesystem::absolute(folder) / kSettingsFile;
  KIP_TRY(const Bytes before, read_file(files, settings_file, kMaxSettings, Links::follow));
  KIP_TRY(const ServerSettings present, read_server_settings(before, settings_file));
  if (present.passphrase_file) {
    return fail(ErrorCode::conflict,
                fmt::format("the settings name {} already, which opens the keys", present.passphrase_file->string()));
  }
  const auto lock = files.lock(folder / kLockFile);
  if (!lock) return fail_while("encrypting the keys (stop the server first)", lock.error());
  const std::filesystem::path named = std::filesystem::absolute(passphrase_file);
  KIP_TRY(const SecretBytes passphrase, read_passphrase(files, named));
  const Bytes settings = with_passphrase_file(before, named);
  KIP_TRY_VOID(read_server_settings(settings, settings_file));
  const std::filesystem::path& keys = present.keys;
  const std::filesystem::path fresh = keys / "new";
  KIP_TRY_VOID(files.remove_tree(fresh));
  KIP_TRY_VOID(files.make_directory(fresh, kPrivateFolder));
  KIP_TRY(const auto names, files.list_directory(keys));
  for (const std::string& name : names) {
    if (!name.ends_with(".pem")) continue;
    // An earlier try may have been cut off with some of them done.
    auto key = read_key_file(files, keys / name, SecretBytes());
    if (!key) key = read_key_file(files, keys / name, passphrase);
    if (!key) return Unexpected(key.error());
    KIP_TRY_VOID(write_key_file(files, fresh / name, *key, passphrase));
  }
  // Cut off from here on, the server does not start until the setting is there and every key is encrypted: the same
  // again ends it.
  for (const std::string& name : names) {
    if (name.ends_with(".pem")) KIP_TRY_VOID(files.rename(fresh / name, keys / name));
  }
  KIP_TRY_VOID(files.sync_directory(keys));
  KIP_TRY_VOID(replace_file(files, settings_file, settings, kPrivateFile));
  return files.remove_tree(fresh);
}

}  // namespace kip::server
