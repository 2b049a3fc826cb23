#include <fmt/format.h>
#include <sys/stat.h>

#include <server/app/backup.hpp>
#include <server/app/commands.hpp>
#include <server/app/maintenance.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::server {
namespace {

std::string what_else_to_keep(const BackupReport& report) {
  std::string out = "What it does not hold, and what has to be kept apart from it:\n";
  out += report.keys_are_plain ? "  the keys are in it without a passphrase: guard this backup as you guard them\n"
                               : "  the passphrase of the keys, without which nobody can use it\n";
  return out +
         "  passwords for the database and the mail server, certificates of the web server\n"
         "  the officers' own keys and the folder that they sign in\n";
}

std::string what_comes_next(const RestoreReport& report, const std::string& folder) {
  std::string out = "Next:\n";
  out += fmt::format("  kip-server run --dir {}     (as a service: docs/operations.md)\n", folder);
  if (!report.lives.empty()) {
    out += fmt::format(
        "  kip repo online --repo REPO {}/online-keys.json, two officers kip sign, kip publish: the new logs\n",
        folder);
    out +=
        "  kip login, kip person list, kip token list --person NAME: tokens and people that were ended after the "
        "backup are back; end them again (sessions were ended)\n";
  }
  return out + "  kip publish --repo REPO: what officers have published since the backup comes back by that\n";
}

}  // namespace

Result<std::vector<tlog::Note>> read_known_checkpoints(FileSystem& files, const std::vector<std::string>& paths) {
  std::vector<tlog::Note> out;
  for (const std::string& path : paths) {
    KIP_TRY(const Bytes bytes, read_file(files, path, tlog::Note::kMaxBytes, Links::follow));
    auto note = tlog::Note::parse(bytes);
    if (!note) return fail_while(path, note.error());
    out.push_back(*std::move(note));
  }
  return out;
}

Result<void> run_backup(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  KIP_TRY(const BackupReport report,
          make_backup({files, clock, random}, arguments.folder, arguments.to, arguments.with_plain_keys));
  return write_out(
      fmt::format("{}: a backup of {} with {} events in {} files, read through as a restore will.\n"
                  "Its mark, to be kept elsewhere: {}\n{}",
                  arguments.to, format_instant(report.began), report.events, report.files, report.note->hex(),
                  what_else_to_keep(report)));
}

Result<void> run_restore(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  SystemRandom random;
  ::umask(077);
  RestorePlan plan{arguments.from, arguments.to};
  if (!arguments.settings_file.empty()) plan.settings = arguments.settings_file;
  if (!arguments.mark.empty()) {
    KIP_TRY(plan.note, Sha256Digest::parse(arguments.mark));
  }
  if (arguments.logs_go_on) plan.logs = LogsAfter::go_on;
  KIP_TRY(plan.known, read_known_checkpoints(files, arguments.known));
  KIP_TRY(const RestoreReport report, restore_backup({files, clock, random}, plan));
  std::string text = fmt::format(
      "{} is the server of {} as it was at {}: every file has its digest, {} events have their signatures, and {} "
      "entries of the logs are those of the database.\n",
      arguments.to, report.note.tenant.str(), format_instant(report.note.began), report.note.events, report.entries);
  for (const LogLife& life : report.lives)
    text += fmt::format("The log {} goes on as {}.\n", to_string(life.log), life.origin);
  for (const std::string& remark : report.remarks)
    text += remark + "\n";
  return write_out(text + what_comes_next(report, arguments.to));
}

Result<void> run_keys_encrypt(const Arguments& arguments) {
  PosixFileSystem files;
  ::umask(077);
  KIP_TRY_VOID(encrypt_keys(files, arguments.folder, arguments.passphrase_file));
  return write_out(
      fmt::format("The keys are encrypted, and the settings name {}. Keep a copy of the passphrase apart: without it "
                  "the keys are lost. Backups and disks from before still hold them as they were.\n",
                  arguments.passphrase_file));
}

}  // namespace kip::server
