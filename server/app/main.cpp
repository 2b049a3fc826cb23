#include <functional>
#include <optional>

#include <CLI/CLI.hpp>

#include <server/app/commands.hpp>
#include <server/domain/access.hpp>
#include <signing/terminal/posix_terminal.hpp>
#include <signing/terminal/report.hpp>

namespace {

using kip::server::Arguments;

constexpr int kLongestTokenDays =
    std::chrono::duration_cast<std::chrono::days>(kip::server::TokenRequest::kLongestLife).count();

constexpr const char* kFooter =
    "Exit status: 0 done; 2 usage; 3 malformed input; 4 too large; 5 not found; 6 conflict; 7 denied; 8 signatures; "
    "9 expired; 10 rollback; 11 integrity; 12 storage; 13 disk full; 14 network; 15 busy; 70 internal "
    "(docs/errors.md).";

void add_dev_tsa_options(CLI::App& tsa, Arguments& arguments) {
  constexpr int kMaxPort = 65535;
  tsa.add_option("--port", arguments.port, "On the loopback address; 0, the default, lets the system choose")
      ->check(CLI::Range(0, kMaxPort));
  tsa.add_option("--listen", arguments.listen, "Another address and port than those");
  tsa.add_option("--ready-file", arguments.ready_file, "Write the address there once it is served");
}

void add_init_options(CLI::App& init, Arguments& arguments) {
  init.add_option("--tenant", arguments.tenant, "Short name of the vendor");
  init.add_option("--url", arguments.url, "Where installs will reach the server");
  init.add_option("--listen", arguments.listen, "Address and port (127.0.0.1:8080)");
  init.add_option("--staff", arguments.staff, "Owner of the first staff token")->capture_default_str();
  init.add_option("--token-file", arguments.token_file, "Write the token there (0600) instead of to the screen");
  init.add_option("--passphrase-file", arguments.passphrase_file, "Encrypt the keys with the first line of this file");
  init.add_flag("--yes", arguments.yes, "Ask nothing, take what is offered");
  auto& database = arguments.postgresql;
  init.add_option("--postgresql", database["postgresql.host"],
                  "Begin in an empty database of this PostgreSQL server: its machine, or the folder of its socket");
  init.add_option("--postgresql-port", database["postgresql.port"], "Its port (5432)");
  init.add_option("--postgresql-database", database["postgresql.database"], "Which database (kip)");
  init.add_option("--postgresql-user", database["postgresql.user"], "Its owner (kip)");
  init.add_option("--postgresql-password-file", database["postgresql.password_file"],
                  "Holds the owner's password in its first line");
  init.add_option("--postgresql-ca-file", database["postgresql.ca_file"], "PEM certificates to trust there");
}

/// Makes a command below another one, with the option --dir.
using CommandMaker =
    std::function<CLI::App&(CLI::App&, const char* name, const char* help, kip::Result<void> (*run)(const Arguments&))>;

void add_upkeep_commands(CLI::App& app, const CommandMaker& command, Arguments& arguments) {
  CLI::App* token = app.add_subcommand("token", "Staff tokens");
  token->require_subcommand(1);
  CLI::App& create = command(*token, "create", "Make a token for a member of staff, who is added where new",
                             kip::server::run_token_create);
  create.add_option("--name", arguments.staff, "The person: a-z, 0-9 and hyphens; stands in every event")->required();
  create.add_option(
      "--role", arguments.roles,
      "Of a person who is new: publisher, approver, compliance, auditor, support, administrator; once per "
      "role, or \"all\"");
  create.add_option("--days", arguments.days, "How long it is good")
      ->check(CLI::Range(1, kLongestTokenDays))
      ->capture_default_str();
  create.add_option("--token-file", arguments.token_file, "Write the token there (0600) instead of to the screen");
  command(app, "check", "Compare the numbers kept beside obligations with the facts", kip::server::run_check);
  command(app, "rebuild", "Make the state again from the signed events", kip::server::run_rebuild);
  CLI::App* keys = app.add_subcommand("keys", "The server's own keys");
  keys->require_subcommand(1);
  command(*keys, "replace", "Make new online keys, where the old ones may be known to others",
          kip::server::run_keys_replace)
      .add_flag("--yes", arguments.yes, "The old keys may go");
  command(*keys, "encrypt", "Encrypt the keys of a stopped server", kip::server::run_keys_encrypt)
      .add_option("--passphrase-file", arguments.passphrase_file, "Its first line is to open them")
      ->required();
  CLI::App* customer = app.add_subcommand("customer", "What is kept of customers");
  customer->require_subcommand(1);
  CLI::App& erase = command(*customer, "erase", "Destroy what is kept of a customer; the logs verify as before",
                            kip::server::run_customer_erase);
  erase.add_option("--customer", arguments.customer, "Tax code")->required();
  erase.add_option("--reason", arguments.reason, "Why; it is recorded, so name nobody")->required();
  erase.add_flag("--yes", arguments.yes, "It may go for ever");
  CLI::App* database = app.add_subcommand("database", "Where the state is kept");
  database->require_subcommand(1);
  command(*database, "copy", "Move from a file of SQLite into the database of the settings, which is to be empty",
          kip::server::run_database_copy)
      .add_option("--from-file", arguments.from_file, "The file, which stays as it is")
      ->required();
  CLI::App* log = app.add_subcommand("log", "The transparency logs");
  log->require_subcommand(1);
  command(*log, "new-key", "Sign checkpoints by a new key too, which is to follow the one of before",
          kip::server::run_log_new_key);
  command(*log, "drop-key", "Sign checkpoints by the new key alone", kip::server::run_log_drop_key);
  CLI::App& restart =
      command(*log, "restart", "Begin new logs where the old ones cannot be continued", kip::server::run_log_restart);
  restart.add_option("--reason", arguments.reason, "Why; it is recorded")->required();
  restart.add_option("--known", arguments.known,
                     "A checkpoint of the old logs that somebody has kept; several may be given");
  restart.add_flag("--yes", arguments.yes, "The old logs may end");
  command(app, "gc", "Remove published files that no unexpired snapshot names", kip::server::run_gc)
      .add_flag("--dry-run", arguments.only_look, "Only list them");
  add_dev_tsa_options(
      command(app, "dev-tsa",
              "A time stamping authority for demonstrations and tests. It is not independent: its time stamps prove "
              "nothing. The folder is its own and made where it is missing",
              kip::server::run_dev_tsa),
      arguments);
}

void add_backup_commands(CLI::App& app, const CommandMaker& command, Arguments& arguments) {
  CLI::App& backup =
      command(app, "backup", "Copy all that a server is made of, beside the running server", kip::server::run_backup);
  backup.add_option("--to", arguments.to, "A folder that is not there yet")->required();
  backup.add_flag("--with-plain-keys", arguments.with_plain_keys, "Although the keys are not encrypted");
  CLI::App& restore =
      command(app, "restore", "Make a server of a backup, where nothing is; everything is checked first",
              kip::server::run_restore);
  restore.remove_option(restore.get_option("--dir"));
  restore.add_option("--from", arguments.from, "The backup")->required();
  restore.add_option("--to,--dir", arguments.to, "The server's folder: nothing, or an empty one")->required();
  restore.add_option("--settings", arguments.settings_file, "Instead of the backup's kip-server.toml");
  restore.add_option("--mark", arguments.mark, "The mark that the backup said of itself: it must be this one");
  restore.add_option("--known", arguments.known,
                     "A checkpoint of the old logs that somebody has kept; several may be given");
  restore.add_flag("--nothing-since", arguments.logs_go_on,
                   "The old server has recorded nothing since the backup, so that its logs go on; never say it "
                   "unless you know");
}

}  // namespace

int main(int argc, char** argv) {
  kip::occupy_standard_streams();
  Arguments arguments;
  std::optional<kip::Error> failure;
  CLI::App app("kip-server: the vendor's side of Kịp", "kip-server");
  app.set_version_flag("--version", "kip-server " KIP_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  const auto not_empty = [](const std::string& text) { return text.empty() ? "names no folder" : std::string(); };
  const CommandMaker command = [&](CLI::App& parent, const char* name, const char* help,
                                   kip::Result<void> (*run)(const Arguments&)) -> CLI::App& {
    CLI::App* made = parent.add_subcommand(name, help);
    made->add_option("--dir,--folder", arguments.folder, "The server's folder")->required()->check(not_empty);
    made->callback([&arguments, &failure, run] {
      if (auto done = run(arguments); !done) failure = std::move(done).error();
    });
    return *made;
  };
  CLI::App& init =
      command(app, "init", "Make a new server's folder: settings, online keys, database", kip::server::run_init);
  add_init_options(init, arguments);
  CLI::App& setup = command(app, "setup",
                            "Ask for what a new server has to know, make it, and say what comes next; may be "
                            "run again",
                            kip::server::run_setup);
  setup.remove_option(setup.get_option("--dir"));
  setup.add_option("--dir,--folder", arguments.folder, "The server's folder (/var/lib/kip/TENANT)");
  setup.add_option("--lang", arguments.language, "Of the questions, and of notices to customers: en, vi, hu, zh (vi)");
  setup.add_option("--authority", arguments.authority_url, "Address of a time-stamping authority (RFC 3161)");
  setup.add_option("--authority-ca", arguments.authority_roots, "Its root certificates (PEM)");
  add_init_options(setup, arguments);
  CLI::App& run = command(app, "run", "Serve until SIGTERM or SIGINT", kip::server::run_server);
  run.add_option("--listen", arguments.listen, "Instead of the settings' address; port 0 lets the system choose");
  run.add_option("--also", arguments.others, "Another vendor's folder, served by the same process; once per vendor");
  run.add_option("--ready-file", arguments.ready_file, "Write the address there once it is served");
  add_upkeep_commands(app, command, arguments);
  add_backup_commands(app, command, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return kip::report_error({kip::ErrorCode::usage, error.what() + std::string("; see kip-server --help")}, false);
  }
  return failure ? kip::report_error(*failure, false) : 0;
}
