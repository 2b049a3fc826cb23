#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

struct CoverageOptions {
  ServerOptions server;
  std::string issuer;
  std::optional<int> year;
  std::string series;
  std::string numbers;
  int up_to = 0;
  std::string disposition;
  std::string reason;
  std::string source;
  bool only_gaps = false;
};

/// "40" or "40-52"
Result<std::pair<int, int>> parse_numbers(std::string_view text) {
  const auto dash = text.find('-');
  const auto number = [](std::string_view part) {
    int value = 0;
    const char* const end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, value);
    return error == std::errc() && stop == end ? value : 0;
  };
  const int from = number(text.substr(0, dash));
  const int to = dash == std::string_view::npos ? from : number(text.substr(dash + 1));
  if (from >= 1 && to >= from) return std::pair(from, to);
  return fail(ErrorCode::usage, fmt::format("\"{}\" are no numbers of acts; write 40 or 40-52", text.substr(0, 40)));
}

std::vector<std::string> coverage_lines(const json::Value& answer, bool only_gaps) {
  std::vector<std::string> out;
  for (const json::Value& series : list_of(answer, "series")) {
    const auto gaps = number_of(series, "gaps");
    if (only_gaps && gaps == 0) continue;
    out.push_back(fmt::format("{} {} {}: {}", text_of(series, "issuer"), number_of(series, "year"),
                              text_of(series, "series"),
                              gaps == 0 ? std::string("every number is disposed of") : fmt::format("{} gap(s)", gaps)));
    for (const json::Value& row : list_of(series, "rows")) {
      const auto state = text_of(row, "state");
      if (only_gaps && state != "gap") continue;
      const auto from = number_of(row, "from");
      const auto to = number_of(row, "to");
      std::string line = from == to ? fmt::format("  {}", from) : fmt::format("  {} to {}", from, to);
      line += fmt::format(": {}", state);
      if (const auto act = text_of(row, "act"); !act.empty()) line += fmt::format(" {}", act);
      if (const auto reason = text_of(row, "reason"); !reason.empty())
        line += fmt::format(", {} ({})", reason, text_of(row, "by"));
      out.push_back(std::move(line));
    }
  }
  if (out.empty()) out.emplace_back(only_gaps ? "No gaps." : "No act is registered yet.");
  return out;
}

Result<void> coverage_list(Context& context, const CoverageOptions& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    query += fmt::format("{}{}={}", query.empty() ? '?' : '&', name, encode_url_path(value));
  };
  if (!options.issuer.empty()) add("issuer", options.issuer);
  if (options.year) add("year", std::to_string(*options.year));
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/coverage" + query, "series"));
  context.print(coverage_lines(answer, options.only_gaps), answer);
  return {};
}

json::Object series_body(const CoverageOptions& options) {
  return {{"issuer", options.issuer}, {"year", options.year.value_or(0)}, {"series", options.series}};
}

Result<void> post(Context& context, const CoverageOptions& options, std::string_view route, const json::Object& body) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post(route, body));
  context.print(coverage_lines(answer, false), answer);
  return {};
}

Result<void> coverage_dispose(Context& context, const CoverageOptions& options) {
  KIP_TRY(const auto numbers, parse_numbers(options.numbers));
  json::Object body = series_body(options);
  body["from"] = numbers.first;
  body["to"] = numbers.second;
  body["disposition"] = options.disposition;
  body["reason"] = options.reason;
  return post(context, options, "/coverage", body);
}

Result<void> coverage_extend(Context& context, const CoverageOptions& options) {
  json::Object body = series_body(options);
  body["up_to"] = options.up_to;
  body["source"] = options.source;
  return post(context, options, "/coverage/extent", body);
}

void add_series(CLI::App* command, CoverageOptions& options) {
  command->add_option("issuer", options.issuer, "Issuing body, as BTC")->required();
  command->add_option("year", options.year, "Year")->required();
  command->add_option("series", options.series, "What stands behind number and year, as TT-BTC")->required();
}

}  // namespace

void add_coverage_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<CoverageOptions>();
  CLI::App* coverage =
      app.add_subcommand("coverage", "Which numbers of an issuer's acts are in the books, and which are not");
  coverage->require_subcommand(1);
  const auto command = [&context, options, coverage](const char* name, const char* help,
                                                     Result<void> (*run)(Context&, const CoverageOptions&)) {
    CLI::App* made = coverage->add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  CLI::App* list = command("list", "Every number of every series, and the gaps", coverage_list);
  list->add_option("--issuer", options->issuer, "Only this issuer");
  list->add_option("--year", options->year, "Only this year");
  list->add_flag("--gaps", options->only_gaps, "Only numbers of which nobody has said anything");
  CLI::App* dispose = command("dispose", "Say what has become of numbers that are no registered act", coverage_dispose);
  add_series(dispose, *options);
  dispose->add_option("numbers", options->numbers, "40 or 40-52")->required();
  dispose->add_option("--as", options->disposition, "not-relevant or not-obtained")->required();
  dispose->add_option("--reason", options->reason, "Why")->required();
  CLI::App* extend = command("extend", "Say up to which number a series has got", coverage_extend);
  add_series(extend, *options);
  extend->add_option("up-to", options->up_to, "The highest number")->required();
  extend->add_option("--source", options->source, "Where that can be seen")->required();
}

}  // namespace kip::cli
