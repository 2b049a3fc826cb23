#include <array>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/deadline/language.hpp>
#include <manifests/model/obligation.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::cli {
namespace {

constexpr const char* kNotProven = "Times are the server's own clock: not yet independently proven.";
constexpr unsigned kForAll = 0644;

struct ObligationOptions {
  ServerOptions server;
  std::int64_t number = 0;
  std::string state;
  std::string act;
  std::string commitment;
  std::string product;
  std::string due_from;
  std::string due_to;
  std::string language;
  std::string format;
  std::string out;
};

/// "?state=running&act=…" for what was given.
std::string query(const ObligationOptions& options, bool with_language) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, encode_url_path(value));
  };
  add("state", options.state);
  add("act", options.act);
  add("commitment", options.commitment);
  add("product", options.product);
  add("due_from", options.due_from);
  add("due_to", options.due_to);
  if (with_language) add("lang", options.language);
  return out;
}

Result<void> obligation_list(Context& context, const ObligationOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/obligations" + query(options, false), "obligations"));
  std::vector<std::string> lines;
  const json::Array& shown = list_of(answer, "obligations");
  for (const json::Value& view : shown) {
    for (const std::vector<std::string>& part : {render_obligation(view, true), render_warnings(view)})
      lines.insert(lines.end(), part.begin(), part.end());
  }
  if (shown.empty()) lines.emplace_back("No obligation.");
  lines.emplace_back(kNotProven);
  context.print(lines, json::Object{{"obligations", shown}, {"proven", false}});
  return {};
}

Result<void> obligation_show(Context& context, const ObligationOptions& options) {
  Language language = Language::en;
  if (!options.language.empty()) {
    KIP_TRY(language, parse_language(options.language));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value view, api.get(fmt::format("/obligations/{}", options.number)));
  std::vector<std::string> lines = render_obligation(view, true);
  const auto deadline = render_deadlines(json::Array{view}, language);
  lines.insert(lines.end(), deadline.begin(), deadline.end());
  lines.emplace_back(kNotProven);
  context.print(lines, view);
  return {};
}

Result<void> obligation_export(Context& context, const ObligationOptions& options) {
  const bool is_calendar = options.format == "ics";
  if (!options.language.empty() && !is_calendar) {
    return fail(ErrorCode::usage, "--lang goes with --format ics: the table has codes and dates, in no language");
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const Bytes file,
          api.get_file((is_calendar ? "/obligations.ics" : "/obligations.csv") + query(options, is_calendar)));
  if (options.out.empty() || options.out == "-") return write_out(file);
  KIP_TRY_VOID(replace_file(context.files, options.out, file, kForAll));
  context.print({fmt::format("{} is written ({} bytes)", options.out, file.size())},
                json::Object{{"file", options.out}, {"bytes", static_cast<std::int64_t>(file.size())}});
  return {};
}

void add_filters(CLI::App* command, ObligationOptions& options) {
  add_server_options(command, options.server);
  command->add_option(
      "--state", options.state,
      "Only these states: unconfirmed, running, at_risk, met, met_late, missed, … (several with commas)");
  command->add_option("--act", options.act, "Only those of this act: BTC:99/2025/TT-BTC:2025");
  command->add_option("--commitment", options.commitment, "Only those of this promise, by its id");
  command->add_option("--product", options.product, "Only those of this product");
  command->add_option("--due-from", options.due_from, "Only those whose last day is this one or later: 2025-11-01");
  command->add_option("--due-to", options.due_to, "Only those whose last day is this one or earlier");
}

}  // namespace

void add_obligation_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ObligationOptions>();
  CLI::App* obligation = app.add_subcommand("obligation", "What is owed by when, and whether it was kept");
  obligation->require_subcommand(1);
  CLI::App* list = obligation->add_subcommand("list", "All obligations, customers in numbers");
  add_filters(list, *options);
  list->callback([&context, options] { context.finish(obligation_list(context, *options)); });
  for (const auto& [name, help] : std::array<std::pair<const char*, const char*>, 2>{
           {{"show", "One obligation, its deadline explained"}, {"explain", "The same as show"}}}) {
    CLI::App* show = obligation->add_subcommand(name, help);
    add_server_options(show, options->server);
    show->add_option("number", options->number, "Its number")->required();
    show->add_option("--lang", options->language, "Language of the explanation: en, vi, hu or zh");
    show->callback([&context, options] { context.finish(obligation_show(context, *options)); });
  }
  CLI::App* table = obligation->add_subcommand("export", "A table for spreadsheets, or a calendar with alarms");
  add_filters(table, *options);
  table->add_option("--format", options->format, "csv or ics")->required()->check(CLI::IsMember({"csv", "ics"}));
  table->add_option("--out", options->out, "Where to write it (default: standard output)");
  table->add_option("--lang", options->language, "Language of the calendar: en, vi, hu or zh");
  table->callback([&context, options] { context.finish(obligation_export(context, *options)); });
}

}  // namespace kip::cli
