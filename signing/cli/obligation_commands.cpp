#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/obligation.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

constexpr const char* kNotProven = "Times are the server's own clock: not yet independently proven.";

struct ObligationOptions {
  ServerOptions server;
  std::int64_t number = 0;
  std::string state;
};

Result<void> obligation_list(Context& context, const ObligationOptions& options) {
  if (const auto state = parse_obligation_state(options.state); !options.state.empty() && !state) {
    return fail(ErrorCode::usage, state.error().message);
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/obligations"));
  std::vector<std::string> lines;
  json::Array shown;
  for (const json::Value& view : list_of(answer, "obligations")) {
    if (!options.state.empty() && text_of(view, "state") != options.state) continue;
    const auto part = render_obligation(view, true);
    lines.insert(lines.end(), part.begin(), part.end());
    const auto warnings = render_warnings(view);
    lines.insert(lines.end(), warnings.begin(), warnings.end());
    shown.push_back(view);
  }
  if (shown.empty()) lines.emplace_back("No obligation.");
  lines.emplace_back(kNotProven);
  context.print(lines, json::Object{{"obligations", std::move(shown)}, {"proven", false}});
  return {};
}

Result<void> obligation_show(Context& context, const ObligationOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/obligations"));
  for (const json::Value& view : list_of(answer, "obligations")) {
    if (number_of(view, "number") != options.number) continue;
    std::vector<std::string> lines = render_obligation(view, true);
    const auto deadline = render_deadlines(json::Array{view});
    lines.insert(lines.end(), deadline.begin(), deadline.end());
    lines.emplace_back(kNotProven);
    context.print(lines, view);
    return {};
  }
  return fail(ErrorCode::not_found, fmt::format("there is no obligation #{}", options.number));
}

}  // namespace

void add_obligation_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ObligationOptions>();
  CLI::App* obligation = app.add_subcommand("obligation", "What is owed by when, and whether it was kept");
  obligation->require_subcommand(1);
  CLI::App* list = obligation->add_subcommand("list", "All obligations with their customers");
  add_server_options(list, options->server);
  list->add_option("--state", options->state, "Only this state: running, at_risk, met, met_late, missed, …");
  list->callback([&context, options] { context.finish(obligation_list(context, *options)); });
  CLI::App* show = obligation->add_subcommand("show", "One obligation, its deadline explained");
  add_server_options(show, options->server);
  show->add_option("number", options->number, "Its number")->required();
  show->callback([&context, options] { context.finish(obligation_show(context, *options)); });
}

}  // namespace kip::cli
