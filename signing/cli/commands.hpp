#pragma once

namespace CLI {
class App;
}

namespace kip::cli {

struct Context;

// Each adds one family of commands to the program. The context must outlive the parse.
void add_key_commands(CLI::App& app, Context& context);
void add_repository_commands(CLI::App& app, Context& context);
void add_package_commands(CLI::App& app, Context& context);
void add_publish_command(CLI::App& app, Context& context);
/// Releases, rollouts, and what waits for a second person.
void add_rollout_commands(CLI::App& app, Context& context);
void add_act_commands(CLI::App& app, Context& context);
void add_customer_commands(CLI::App& app, Context& context);
void add_install_commands(CLI::App& app, Context& context);
void add_deadline_commands(CLI::App& app, Context& context);
void add_coverage_commands(CLI::App& app, Context& context);
void add_alert_commands(CLI::App& app, Context& context);
void add_notice_commands(CLI::App& app, Context& context);
/// Below the commands of acts and obligations, which are there already.
void add_decision_commands(CLI::App& app, Context& context);
void add_obligation_commands(CLI::App& app, Context& context);
void add_offline_commands(CLI::App& app, Context& context);
void add_evidence_commands(CLI::App& app, Context& context);
/// Notes and logs.
void add_log_commands(CLI::App& app, Context& context);
/// People, their sessions and tokens.
void add_people_commands(CLI::App& app, Context& context);
void add_service_commands(CLI::App& app, Context& context);
void add_receipt_commands(CLI::App& app, Context& context);
void add_timestamp_commands(CLI::App& app, Context& context);
void add_witness_commands(CLI::App& app, Context& context);

}  // namespace kip::cli
