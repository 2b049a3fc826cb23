#include <algorithm>
#include <array>
#include <string_view>

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

/// Commands that are made together, and the first words of command lines that need them.
struct Family {
  void (*add)(CLI::App&, kip::cli::Context&);
  std::array<std::string_view, 3> words;
};

constexpr std::array<Family, 22> kFamilies = {{{kip::cli::add_key_commands, {"key"}},
                                               {kip::cli::add_repository_commands, {"repo", "sign"}},
                                               {kip::cli::add_package_commands, {"pack", "package"}},
                                               {kip::cli::add_publish_command, {"publish"}},
                                               {kip::cli::add_rollout_commands, {"proposal", "release", "rollout"}},
                                               {kip::cli::add_act_commands, {"act", "commitment", "obligation"}},
                                               {kip::cli::add_customer_commands, {"customer"}},
                                               {kip::cli::add_install_commands, {"install"}},
                                               {kip::cli::add_deadline_commands, {"deadline"}},
                                               {kip::cli::add_obligation_commands, {"act", "obligation"}},
                                               {kip::cli::add_decision_commands, {"act", "obligation"}},
                                               {kip::cli::add_coverage_commands, {"coverage"}},
                                               {kip::cli::add_alert_commands, {"alert"}},
                                               {kip::cli::add_notice_commands, {"notice"}},
                                               {kip::cli::add_offline_commands, {"offline-bundle"}},
                                               {kip::cli::add_receipt_commands, {"receipt"}},
                                               {kip::cli::add_service_commands, {"service"}},
                                               {kip::cli::add_people_commands, {"person", "token"}},
                                               {kip::cli::add_evidence_commands, {"evidence"}},
                                               {kip::cli::add_log_commands, {"note", "log"}},
                                               {kip::cli::add_timestamp_commands, {"timestamp"}},
                                               {kip::cli::add_witness_commands, {"witness"}}}};

/// Those that the first word needs, or all where it is no command: to make them takes a tenth of a short run.
void add_families(CLI::App& app, kip::cli::Context& context, std::string_view word) {
  const auto needs_it = [&](const Family& family) {
    return std::find(family.words.begin(), family.words.end(), word) != family.words.end();
  };
  const bool is_command = !word.empty() && std::any_of(kFamilies.begin(), kFamilies.end(), needs_it);
  for (const Family& family : kFamilies) {
    if (!is_command || needs_it(family)) family.add(app, context);
  }
}

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
  add_families(app, context, argc > 1 ? argv[1] : std::string_view());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return kip::report_error({kip::ErrorCode::usage, error.what() + std::string("; see kip --help")}, context.json);
  }
  if (context.failure) return kip::report_error(*context.failure, context.json);
  return context.no ? kAnswerIsNo : 0;
}
