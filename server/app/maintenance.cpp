#include <fmt/format.h>

#include <server/app/maintenance.hpp>
#include <server/storage/folder_repository.hpp>
#include <signing/tuf/repository_check.hpp>

namespace kip::server {
namespace {

constexpr unsigned kPrivateFolder = 0700;

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

}  // namespace kip::server
