#include <fmt/format.h>
#include <sys/stat.h>

#include <manifests/core/printable.hpp>
#include <server/app/commands.hpp>
#include <server/app/maintenance.hpp>
#include <server/app/server_database.hpp>
#include <server/domain/erasure.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/store_copy.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::server {

Result<void> run_keys_replace(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  if (!arguments.yes) {
    return fail(ErrorCode::usage,
                "the keys that this server has now will be gone, and it can renew nothing until officers "
                "have published a root with the new ones; say --yes if that is meant");
  }
  KIP_TRY_VOID(replace_online_keys(files, arguments.folder));
  return write_out(
      fmt::format("The server has new online keys. Next, with two officers:\n"
                  "  kip repo online --repo REPO {0}/online-keys.json\n"
                  "  kip sign --repo REPO --key KEY     (twice)\n"
                  "then start the server and run kip publish.\n",
                  arguments.folder));
}

Result<void> run_customer_erase(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  KIP_TRY(const TaxCode customer, TaxCode::parse(arguments.customer));
  if (!arguments.yes) {
    return fail(
        ErrorCode::usage,
        fmt::format("all that is kept of the customer {} will be gone for ever, what it could prove included; say "
                    "--yes if that is meant",
                    customer.str()));
  }
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  const auto lock = files.lock(std::filesystem::path(arguments.folder) / kLockFile);
  if (!lock) return fail_while("erasing a customer (stop the server first)", lock.error());
  const Recorder recorder(folder.settings.tenant, folder.settings.url, folder.keys.entry, clock, random);
  const auto count = erase_customer(*folder.store, recorder, kServerActor, customer, arguments.reason);
  // Also where there is no such customer any more: the time before, this may have been cut off.
  if (!count && count.error().code != ErrorCode::not_found) return Unexpected(count.error());
  if (const auto done = folder.store->overwrite_destroyed(); !done)
    return fail_while("the files still hold what was erased; say the same again", done.error());
  if (!count) return Unexpected(count.error());
  return write_out(
      fmt::format("{} events were destroyed. Backups from before still hold them: destroy those too.\n", *count));
}

Result<void> run_database_copy(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY(const ServerFolder folder, read_server_folder(files, arguments.folder));
  const auto lock = files.lock(std::filesystem::path(arguments.folder) / kLockFile);
  if (!lock) return fail_while("copying the database (stop the server first)", lock.error());
  KIP_TRY(const bool is_there, path_exists(files, arguments.from_file));
  if (!is_there) return fail(ErrorCode::not_found, "there is no file " + arguments.from_file);
  KIP_TRY(const auto from, SqliteStore::open(arguments.from_file));
  KIP_TRY(const auto to, begin_database(files, folder.settings));
  KIP_TRY(const std::int64_t count,
          copy_state(*from, *to, folder.settings.tenant, {folder.keys.entry.key.public_key()}));
  return write_out(
      fmt::format("{} events were copied, and the state was made from them. Keep {} until the server has run.\n", count,
                  arguments.from_file));
}

Result<void> run_log_restart(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  if (!arguments.yes) {
    return fail(
        ErrorCode::usage,
        "the old logs will end for ever, and everybody who watches them will ask why; say --yes if that is meant");
  }
  KIP_TRY(const std::vector<tlog::Note> known, read_known_checkpoints(files, arguments.known));
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  const auto lock = files.lock(std::filesystem::path(arguments.folder) / kLockFile);
  if (!lock) return fail_while("beginning new logs (stop the server first)", lock.error());
  const Recorder recorder(folder.settings.tenant, folder.settings.url, folder.keys.entry, clock, random);
  LogSequencer sequencer(files, *folder.store, recorder, log_keeping(folder));
  KIP_TRY(const auto lives, sequencer.restart(kServerActor, arguments.reason, known));
  std::string text;
  for (const LogLife& life : lives)
    text += fmt::format("The log {} goes on as {}.\n", to_string(life.log), life.origin);
  KIP_TRY_VOID(offer_keys(files, arguments.folder, folder));
  text += fmt::format(
      "Next, with two officers:\n"
      "  kip repo online --repo REPO {}/online-keys.json\n"
      "  kip sign --repo REPO --key KEY     (twice)\n"
      "then start the server and run kip publish.\n",
      arguments.folder);
  return write_out(text);
}

Result<void> run_log_new_key(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY_VOID(change_log_keys(files, arguments.folder, LogKeyChange::follow));
  return write_out(
      fmt::format("The logs will be signed by the key of before and by a new one. Next, with two officers:\n"
                  "  kip repo online --repo REPO {0}/online-keys.json\n"
                  "  kip sign --repo REPO --key KEY     (twice)\n"
                  "then start the server and run kip publish. Once whoever checks the logs has the new key:\n"
                  "  kip-server log drop-key --dir {0}\n",
                  arguments.folder));
}

Result<void> run_log_drop_key(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY_VOID(change_log_keys(files, arguments.folder, LogKeyChange::drop));
  return write_out("The logs are signed by the new key alone from the next start on.\n");
}

Result<void> run_gc(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY(const ServerFolder folder, open_server_folder(files, arguments.folder));
  KIP_TRY(const Collected collected, collect_garbage(files, folder.settings, SystemClock().now(), arguments.only_look));
  std::string text;
  for (const std::string& path : collected.paths)
    text += printable_line(path) + "\n";
  text += fmt::format("{} files with {} bytes {}.\n", collected.paths.size(), collected.octets,
                      arguments.only_look ? "could be removed" : "were removed");
  return write_out(text);
}

}  // namespace kip::server
