#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/core/exit_code.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/posix_operator.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/posix_terminal.hpp>
#include <signing/terminal/report.hpp>
#include <signing/terminal/system_clock.hpp>

namespace {

constexpr const char* kFooter =
    "Exit status: 0 done; 1 the answer is no; 2 usage; 3 malformed input; 4 too large; 5 not found; 6 conflict; 7 "
    "denied; 8 signatures; "
    "9 expired; 10 rollback; 11 integrity; 12 storage; 13 disk full; 14 network; 15 busy; 70 internal "
    "(docs/errors.md).";
constexpr int kAnswerIsNo = 1;

}  // namespace

int main(int argc, char** argv) {
  kip::occupy_standard_streams();
  kip::PosixFileSystem files;
  kip::SystemClock clock;
  kip::SystemRandom random;
  kip::cli::PosixOperator person;
  kip::cli::Context context{files, clock, random, person};

  CLI::App app("kip: prepare, sign, publish and follow regulatory updates", "kip");
  app.set_version_flag("--version", "kip " KIP_VERSION);
  app.add_flag("--json", context.json, "Print results for machines");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  kip::cli::add_key_commands(app, context);
  kip::cli::add_repository_commands(app, context);
  kip::cli::add_package_commands(app, context);
  kip::cli::add_publish_command(app, context);
  kip::cli::add_rollout_commands(app, context);
  kip::cli::add_act_commands(app, context);
  kip::cli::add_customer_commands(app, context);
  kip::cli::add_install_commands(app, context);
  kip::cli::add_deadline_commands(app, context);
  kip::cli::add_obligation_commands(app, context);
  kip::cli::add_decision_commands(app, context);
  kip::cli::add_coverage_commands(app, context);
  kip::cli::add_alert_commands(app, context);
  kip::cli::add_notice_commands(app, context);
  kip::cli::add_offline_commands(app, context);
  kip::cli::add_receipt_commands(app, context);
  kip::cli::add_service_commands(app, context);
  kip::cli::add_people_commands(app, context);
  kip::cli::add_evidence_commands(app, context);
  kip::cli::add_log_commands(app, context);
  kip::cli::add_timestamp_commands(app, context);
  kip::cli::add_witness_commands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return kip::report_error({kip::ErrorCode::usage, error.what() + std::string("; see kip --help")}, context.json);
  }
  if (context.failure) return kip::report_error(*context.failure, context.json);
  return context.no ? kAnswerIsNo : 0;
}
