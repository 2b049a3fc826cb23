#include <optional>

#include <CLI/CLI.hpp>

#include <client-updater/app/bundle_commands.hpp>
#include <client-updater/app/commands.hpp>
#include <client-updater/app/database_commands.hpp>
#include <client-updater/app/hand_over.hpp>
#include <client-updater/app/key_commands.hpp>
#include <client-updater/app/log_commands.hpp>
#include <client-updater/app/self_commands.hpp>
#include <client-updater/app/service.hpp>
#include <client-updater/app/support_commands.hpp>
#include <client-updater/app/tuf_commands.hpp>
#include <signing/terminal/posix_terminal.hpp>
#include <signing/terminal/report.hpp>

namespace {

using kip::updater::Arguments;
using kip::updater::TufArguments;

constexpr const char* kFooter =
    "Exit status: 0 done; 2 usage; 3 malformed input; 4 too large; 5 not found; 6 conflict; 7 denied; 8 signatures; "
    "9 expired; 10 rollback; 11 integrity; 12 storage; 13 disk full; 14 network; 15 busy; 70 internal "
    "(docs/errors.md).";

/// A command that keeps its failure, if any, for main().
template <class Given>
CLI::App& add_command(CLI::App& app, const char* name, const char* help, const Given& arguments,
                      std::optional<kip::Error>& failure, kip::Result<void> (*run)(const Given&)) {
  CLI::App* command = app.add_subcommand(name, help);
  command->callback([&arguments, &failure, run] {
    if (auto done = run(arguments); !done) failure = std::move(done).error();
    if constexpr (std::is_same_v<Given, Arguments>) kip::updater::note_end(arguments);
  });
  return *command;
}

CLI::App& add_tuf_commands(CLI::App& app, TufArguments& arguments, std::optional<kip::Error>& failure) {
  using namespace kip::updater;
  CLI::App& tuf = *app.add_subcommand("tuf", "A plain TUF client for any repository; its exit status is 0 or 1");
  tuf.require_subcommand(1);
  tuf.footer("Exit status: 0 done; 1 not done, for the reason that is said.");
  tuf.add_option("--metadata-dir", arguments.metadata_folder, "Folder of the trusted metadata")->required();
  tuf.add_option("--metadata-url", arguments.metadata_url, "Where the repository's metadata is");
  tuf.add_option("--target-name", arguments.targets, "Path of a target; once per target")->allow_extra_args(false);
  tuf.add_option("--target-base-url", arguments.target_base_url, "Where the repository's targets are");
  tuf.add_option("--target-dir", arguments.target_folder, "Folder for targets, each under its percent-encoded path");
  add_command(tuf, "init", "Trust a root; nothing is asked of the network", arguments, failure, run_tuf_init)
      .add_option("root", arguments.root_file, "The file to trust")
      ->required();
  add_command(tuf, "refresh", "Bring the metadata up to date", arguments, failure, run_tuf_refresh);
  add_command(tuf, "download", "Refresh, then fetch targets", arguments, failure, run_tuf_download);
  return tuf;
}

/// What enroll and restore have in common.
void add_enrolment_options(CLI::App& enroll, Arguments& arguments) {
  enroll.add_option("code", arguments.code, "The enrolment code, from \"kip1:\" on; - reads it from standard input")
      ->required();
  enroll.add_option("--label", arguments.label, "What people call this machine (default: its name)");
  enroll
      .add_option("--layout", arguments.layout,
                  "How versions lie on the disk: versioned (unless told otherwise), or in-place for programs that read "
                  "fixed paths")
      ->check(CLI::IsMember({"versioned", "in-place"}));
  enroll.add_option("--app", arguments.app_folder,
                    "With --layout in-place: the folder of the files (default: DIR/app)");
}

void add_enroll(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  CLI::App& enroll = add_command(app, "enroll", "Make this folder an install of the vendor that gave you the code",
                                 arguments, failure, kip::updater::run_enroll);
  add_enrolment_options(enroll, arguments);
  enroll.add_flag("--adopt", arguments.adopt,
                  "With --layout in-place: find out which version the folder holds already");
}

void add_audit(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  CLI::App& audit = add_command(app, "audit", "Compare the files in use with what the vendor signed", arguments,
                                failure, kip::updater::run_audit);
  audit.add_flag("--repair", arguments.repair, "Bring corrupted and missing files back");
  audit.add_option("--bundle", arguments.bundle,
                   "With --repair: an offline bundle of this version, where there is no network");
}

void add_resume(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  CLI::App& resume = add_command(app, "resume", "After a held install was looked at: bring back what was in use before",
                                 arguments, failure, kip::updater::run_resume);
  CLI::Option* keep =
      resume.add_flag("--keep", arguments.keep, "Keep the version that is in use, if it passes its checks now");
  resume
      .add_flag("--restore-databases", arguments.restore_databases,
                "Put databases back to before the update, although what was entered since is lost")
      ->excludes(keep);
}

void add_service_commands(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  CLI::App& run = add_command(app, "run", "Check, install and report by itself, as a service does", arguments, failure,
                              kip::updater::run_service);
  run.add_flag("--once", arguments.once, "One round, now");
  CLI::App& defer = add_command(app, "defer", "Put the version that is available off, as far as run is concerned",
                                arguments, failure, kip::updater::run_defer);
  CLI::Option* cancel = defer.add_flag("--cancel", arguments.cancel, "Take that back");
  defer.add_option("--until", arguments.until, "The last day (2026-01-31), or an instant")->excludes(cancel);
  defer.add_option("--reason", arguments.reason, "Why; the vendor gets to know it")->excludes(cancel);
}

void add_support(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  CLI::App& support = add_command(app, "support", "Ask the vendor for help; without network it is kept, and sent later",
                                  arguments, failure, kip::updater::run_support);
  CLI::Option* kind = support.add_option("--kind", arguments.kind, "What is wanted")
                          ->check(CLI::IsMember({"reinstall", "workstation", "remote", "onsite", "question"}));
  support.add_option("--grade", arguments.grade, "How heavily it weighs: 1, all work stands still, to 4, a wish")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  support.add_option("--note", arguments.note, "What it is about; - reads it from standard input");
  support.add_option("--withdraw", arguments.withdraw, "Forget a request that the vendor does not have yet, by its id")
      ->excludes(kind);
}

void add_self_commands(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  add_command(app, "self-update", "Bring the updater itself up to date, from the vendor", arguments, failure,
              kip::updater::run_self_update);
  add_command(app, "self-check", "Show that this version can work with an install's state (a copy of it)", arguments,
              failure, kip::updater::run_self_check)
      .add_option("state", arguments.file, "A copy of the state, which may be changed")
      ->required();
  add_command(app, "rotate-key", "Give this install a new key, and the old one up", arguments, failure,
              kip::updater::run_rotate_key);
}

void add_database_commands(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  using namespace kip::updater;
  CLI::App& database = *app.add_subcommand("database", "The databases that releases may bring migrations for");
  database.require_subcommand(1);
  CLI::App& attach = add_command(database, "attach", "Add a database, and catch up on the migrations that it lacks",
                                 arguments, failure, run_database_attach);
  attach.add_option("kind", arguments.database_kind, "Which kind it is, as the vendor calls it: \"ledger\"")
      ->required();
  attach.add_option("file", arguments.database, "Its SQLite file, or with --odbc a file with the connection string")
      ->required();
  attach.add_flag("--odbc", arguments.odbc, "It is on a server; FILE, for its owner only, says how to connect");
  add_command(database, "detach", "Take a database off the list; its content stays", arguments, failure,
              run_database_detach)
      .add_option("file", arguments.database, "Its file")
      ->required();
  add_command(database, "list", "Show them, and how far each has come", arguments, failure, run_database_list);
  CLI::App& launch =
      add_command(app, "launch", "Start the application, so that no update touches what it reads while it runs",
                  arguments, failure, run_launch);
  launch.add_option("command", arguments.command, "After --: the program and its arguments")->required();
}

void add_bundle_commands(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  using namespace kip::updater;
  CLI::App& bundle = *app.add_subcommand("bundle", "Updates that come as a file, for an office without internet");
  bundle.require_subcommand(1);
  CLI::App& apply = add_command(bundle, "apply", "Verify a bundle as if online, install what is in it, write receipts",
                                arguments, failure, run_bundle_apply);
  apply.add_option("file", arguments.file, "The bundle")->required();
  apply.add_option("--receipts", arguments.receipts,
                   "Where to write the file for the vendor (default: beside the bundle)");
  apply.add_flag("--again", arguments.again, "Also a version that was left by a rollback");
  add_command(bundle, "inspect", "Show what a bundle says that it is; nothing is verified", arguments, failure,
              run_bundle_inspect)
      .add_option("file", arguments.file, "The bundle")
      ->required();
  CLI::App& receipts = *app.add_subcommand("receipts", "Reports that go to the vendor as a file");
  receipts.require_subcommand(1);
  add_command(receipts, "export", "Write the reports that wait into a file", arguments, failure, run_receipts_export)
      .add_option("--out", arguments.file, "The file")
      ->required();
  add_command(receipts, "acknowledge", "Take the file of acknowledgements that came back", arguments, failure,
              run_receipts_acknowledge)
      .add_option("file", arguments.file, "The file")
      ->required();
}

void add_log_commands(CLI::App& app, Arguments& arguments, std::optional<kip::Error>& failure) {
  using namespace kip::updater;
  CLI::App& log = *app.add_subcommand("log", "What the vendor's transparency log has shown this install");
  log.require_subcommand(1);
  add_command(log, "show", "Show it; exit status 11 where the log contradicts itself", arguments, failure,
              run_log_show);
  add_command(log, "export", "Write the signed heads that are kept, for an auditor", arguments, failure, run_log_export)
      .add_option("--out", arguments.file, "The file")
      ->required();
}

/// What does not stand on the command line, but for `words`.
Arguments arguments_of(std::vector<std::string> words) {
  Arguments arguments;
  if (auto version = kip::Version::parse(KIP_VERSION)) arguments.version = *std::move(version);
  std::error_code unknown;
  arguments.program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  arguments.words = std::move(words);
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  kip::occupy_standard_streams();
  using namespace kip::updater;
  Arguments arguments = arguments_of({argv + 1, argv + argc});
  std::optional<kip::Error> failure;
  CLI::App app("kip-updater: keep the vendor's forms and programs on this machine up to date", "kip-updater");
  app.set_version_flag("--version", "kip-updater " KIP_VERSION);
  app.add_flag("--json", arguments.json, "Print results for machines");
  app.add_option("--dir", arguments.folder, "Folder of the install")->capture_default_str();
  app.add_option("--hooks", arguments.hooks_file, "Which programs the administrator lets the updater run")
      ->capture_default_str();
  app.add_option("--config", arguments.settings, "Settings of network and schedule (default: DIR/kip-updater.toml)");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);

  add_enroll(app, arguments, failure);
  add_enrolment_options(add_command(app, "restore", "Bring an empty machine to what an install had that it replaces",
                                    arguments, failure, run_restore),
                        arguments);
  add_command(app, "check", "Ask whether there is a newer version", arguments, failure, run_check);
  CLI::App& update = add_command(app, "update", "Install the newest version", arguments, failure, run_update);
  update.add_flag("--yes", arguments.yes, "Do not ask; where nobody can be asked, nobody is");
  update.add_flag("--again", arguments.again, "Also a version that was left by a rollback");
  CLI::App& rollback =
      add_command(app, "rollback", "Go back to an earlier version that is kept here", arguments, failure, run_rollback);
  rollback.add_option("--to", arguments.to, "The version (default: the newest before the one in use)");
  add_audit(app, arguments, failure);
  add_resume(app, arguments, failure);
  add_service_commands(app, arguments, failure);
  add_database_commands(app, arguments, failure);
  add_bundle_commands(app, arguments, failure);
  add_self_commands(app, arguments, failure);
  add_support(app, arguments, failure);
  add_log_commands(app, arguments, failure);
  add_command(app, "report", "Deliver the reports that are kept, now", arguments, failure, run_report);
  add_command(app, "status", "Show what this install knows, without asking anybody", arguments, failure, run_status);
  TufArguments tuf_arguments;
  const CLI::App& tuf = add_tuf_commands(app, tuf_arguments, failure);
  // Scripts that drive a TUF client know of two exit statuses only.
  const auto report = [&](const kip::Error& error) {
    const int status = kip::report_error(error, arguments.json);
    return tuf.parsed() ? 1 : status;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const bool no_command = error.get_name() == "RequiredError" && app.get_subcommands().empty();
    const std::string what =
        no_command
            ? "name a command: enroll, restore, check, update, rollback, audit, resume, run, defer, database, "
              "launch, bundle, receipts, support, log, rotate-key, report, status, self-update, self-check or tuf"
            : error.what();
    return report({kip::ErrorCode::usage, what + "; see kip-updater --help"});
  }
  return failure ? report(*failure) : 0;
}
