#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

struct AlertOptions {
  ServerOptions server;
  std::string delivery;
  std::string state;
  std::string before;
  bool all = false;
};

const json::Value& alert_of(const json::Value& record) {
  static const json::Value kNone;
  const json::Value* alert = record.find("alert");
  return alert == nullptr ? kNone : *alert;
}

/// "2026-11-20T02:00:00Z  rollout-paused: forms 1.2, 2026-11-20T01:59:00Z; over since 2026-11-20T04:00:00Z"
std::vector<std::string> alert_lines(const json::Value& record) {
  const json::Value& alert = alert_of(record);
  std::string line = fmt::format("{}  {}: {}", text_of(record, "raised"), text_of(alert, "kind"),
                                 printable_line(text_of(alert, "title")));
  if (const auto at = text_of(alert, "at"); !at.empty()) line += fmt::format(", {}", at);
  if (const auto cleared = text_of(record, "cleared"); !cleared.empty())
    line += fmt::format("; over since {}", cleared);
  std::vector<std::string> out{std::move(line)};
  if (const auto detail = text_of(alert, "detail"); !detail.empty())
    out.push_back(fmt::format("  {}", printable_line(detail)));
  return out;
}

std::string delivery_line(const json::Value& delivery) {
  std::string line =
      fmt::format("{}  {} of alert {} to {}: {}", text_of(delivery, "id"), text_of(delivery, "turn"),
                  text_of(delivery, "alert"), printable_line(text_of(delivery, "channel")), text_of(delivery, "state"));
  const auto attempts = number_of(delivery, "attempts");
  if (attempts > 0) line += fmt::format(", {} attempt{}", attempts, attempts == 1 ? "" : "s");
  if (const auto next = text_of(delivery, "next"); !next.empty() && attempts > 0)
    line += fmt::format(", again at {}", next);
  if (const auto answer = text_of(delivery, "answer"); !answer.empty())
    line += fmt::format(" ({})", printable_line(answer));
  return line;
}

void add_more(std::vector<std::string>& lines, const json::Value& answer) {
  if (const auto next = text_of(answer, "next"); !next.empty())
    lines.push_back(fmt::format("There are more: --before {}", next));
}

Result<void> alert_list(Context& context, const AlertOptions& options) {
  std::string query = options.all ? "?open=false" : "?open=true";
  if (!options.before.empty()) query += "&before=" + encode_url_path(options.before);
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/alerts" + query));
  std::vector<std::string> lines;
  for (const json::Value& record : list_of(answer, "alerts")) {
    for (std::string& line : alert_lines(record))
      lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.emplace_back(options.all ? "No alerts." : "Nothing is to be looked after.");
  add_more(lines, answer);
  context.print(lines, answer);
  return {};
}

Result<void> alert_deliveries(Context& context, const AlertOptions& options) {
  std::string query = "?limit=100";
  if (!options.state.empty()) query += "&state=" + encode_url_path(options.state);
  if (!options.before.empty()) query += "&before=" + encode_url_path(options.before);
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/alerts/deliveries" + query));
  std::vector<std::string> lines;
  for (const json::Value& delivery : list_of(answer, "deliveries"))
    lines.push_back(delivery_line(delivery));
  if (lines.empty()) lines.emplace_back("No deliveries.");
  add_more(lines, answer);
  context.print(lines, answer);
  return {};
}

Result<void> alert_test(Context& context, const AlertOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/alerts/test", json::Object{}));
  context.print({"A test alert is on its way to every channel; see: kip alert deliveries"}, answer);
  return {};
}

Result<void> alert_retry(Context& context, const AlertOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          api.post("/alerts/deliveries/" + encode_url_path(options.delivery) + "/retry", json::Object{}));
  context.print({delivery_line(answer)}, answer);
  return {};
}

}  // namespace

void add_alert_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<AlertOptions>();
  CLI::App* alert = app.add_subcommand("alert", "What has to be looked after, and who is being told of it");
  alert->require_subcommand(1);
  const auto command = [&context, options, alert](const char* name, const char* help,
                                                  Result<void> (*run)(Context&, const AlertOptions&)) {
    CLI::App* made = alert->add_subcommand(name, help);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    add_server_options(made, options->server);
    return made;
  };
  CLI::App* list = command("list", "What has to be looked after now, newest first", alert_list);
  list->add_flag("--all", options->all, "Also what is over");
  list->add_option("--before", options->before, "The page behind this alert");
  CLI::App* deliveries = command("deliveries", "What was told to whom, newest first", alert_deliveries);
  deliveries->add_option("--state", options->state, "waiting, delivered, or dead: given up after three days");
  deliveries->add_option("--before", options->before, "The page behind this delivery");
  command("test", "Send a test to every webhook and address", alert_test);
  CLI::App* retry = command("retry", "Have a dead delivery tried again", alert_retry);
  retry->add_option("delivery", options->delivery, "Its identifier, of the list")->required();
}

}  // namespace kip::cli
