#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/deadline/calendar.hpp>
#include <manifests/model/act_history.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

struct DecisionOptions {
  ServerOptions server;
  std::string act;
  std::string date;
  std::string day;
  std::string source;
  std::string reason;
  std::string turn;
  std::string clock;
  std::string from;
  std::string until;
  std::string part;
  std::int64_t number = 0;
  std::int64_t waiver = 0;
};

/// A day as people write it, as formats do.
Result<std::string> day_text(std::string_view text) {
  KIP_TRY(const LegalDate day, parse_human_date(text));
  return format_date(day);
}

std::string other_days(const json::Value& date) {
  std::string out;
  for (const json::Value& day : list_of(date, "stated"))
    out += (out.empty() ? "" : ", ") + (day.as_text() != nullptr ? *day.as_text() : std::string());
  return out;
}

std::string date_line(const json::Value& date) {
  const auto confirmed = text_of(date, "confirmed");
  const json::Value* disputed = date.find("disputed");
  const bool is_disputed = disputed != nullptr && *disputed == json::Value(true);
  std::string out = fmt::format("  {}: ", text_of(date, "date"));
  out += confirmed.empty() ? "not confirmed" : fmt::format("{}, confirmed", confirmed);
  if (confirmed.empty() || is_disputed) out += fmt::format("; stated: {}", other_days(date));
  return is_disputed ? out + " (disputed: another person has to confirm one of them)" : out;
}

std::string development_line(const json::Value& development, std::size_t number) {
  const auto confirmed = text_of(development, "confirmed_by");
  std::string out = fmt::format("  {}. {} on {}: the clock {}", number, text_of(development, "turn"),
                                text_of(development, "on"), text_of(development, "clock"));
  if (const auto from = text_of(development, "from"); !from.empty()) out += fmt::format(" from {}", from);
  out += fmt::format(", because {} ({}; {})", text_of(development, "reason"), text_of(development, "source"),
                     text_of(development, "by"));
  return out + (confirmed.empty() ? "; NOT CONFIRMED, so that it does not count yet"
                                  : fmt::format("; confirmed by {}", confirmed));
}

/// The act with its dates, turns, relations and obligations.
std::vector<std::string> act_lines(const json::Value& answer) {
  const json::Value nothing(json::Object{});
  const json::Value& act = answer.find("act") != nullptr ? *answer.find("act") : nothing;
  std::vector<std::string> out = {fmt::format("{}:{}:{}  {}  {}", text_of(act, "issuer"), text_of(act, "number"),
                                              number_of(act, "year"), text_of(act, "kind"), text_of(act, "title"))};
  for (const json::Value& date : list_of(answer, "dates"))
    out.push_back(date_line(date));
  if (const json::Value* history = answer.find("history")) {
    std::size_t number = 0;
    for (const json::Value& development : list_of(*history, "developments"))
      out.push_back(development_line(development, ++number));
  }
  for (const json::Value& relation : list_of(answer, "relations")) {
    const auto other = text_of(relation, "act");
    out.push_back(fmt::format("  {} {}", text_of(relation, "kind"), other.empty() ? text_of(relation, "text") : other));
  }
  for (const json::Value& warning : list_of(answer, "warnings"))
    out.push_back(fmt::format("  warning: {}", text_of(warning, "message")));
  for (const json::Value& view : list_of(answer, "obligations")) {
    for (const std::vector<std::string>& part : {render_obligation(view, true), render_warnings(view)})
      out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Result<void> post_about_act(Context& context, const DecisionOptions& options, std::string_view route,
                            const json::Object& body) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post(route, body));
  context.print(act_lines(answer), answer);
  return {};
}

Result<void> act_show(Context& context, const DecisionOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/act?act=" + encode_url_path(options.act)));
  context.print(act_lines(answer), answer);
  return {};
}

Result<void> act_date(Context& context, const DecisionOptions& options) {
  KIP_TRY(const std::string day, day_text(options.day));
  return post_about_act(context, options, "/act-dates",
                        {{"act", options.act}, {"date", options.date}, {"day", day}, {"source", options.source}});
}

Result<void> act_confirm(Context& context, const DecisionOptions& options) {
  KIP_TRY(const std::string day, day_text(options.day));
  json::Object body{{"act", options.act}, {"date", options.date}, {"day", day}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  return post_about_act(context, options, "/act-date-confirmations", body);
}

Result<void> act_develop(Context& context, const DecisionOptions& options) {
  KIP_TRY(const std::string on, day_text(options.day));
  json::Object body{{"act", options.act},       {"turn", options.turn},   {"on", on},
                    {"source", options.source}, {"clock", options.clock}, {"reason", options.reason}};
  if (!options.from.empty()) {
    KIP_TRY(body["from"], day_text(options.from));
  }
  return post_about_act(context, options, "/act-developments", body);
}

Result<void> act_confirm_development(Context& context, const DecisionOptions& options) {
  return post_about_act(context, options, "/act-development-confirmations",
                        {{"act", options.act}, {"number", options.number}});
}

Result<void> post_about_obligation(Context& context, const DecisionOptions& options, std::string_view action,
                                   const json::Object& body) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post(fmt::format("/obligations/{}/{}", options.number, action), body));
  context.print(render_obligation(answer, false), answer);
  return {};
}

Result<void> obligation_waive(Context& context, const DecisionOptions& options) {
  json::Object body{{"reason", options.reason}};
  if (const auto instant = parse_instant(options.until)) {
    body.emplace("expires", format_instant(*instant));
  } else {
    KIP_TRY(const LegalDate day, parse_human_date(options.until));
    body.emplace("until", format_date(day));
  }
  return post_about_obligation(context, options, "waivers", std::move(body));
}

Result<void> obligation_approve(Context& context, const DecisionOptions& options) {
  return post_about_obligation(context, options, fmt::format("waivers/{}/approval", options.waiver), {});
}

json::Object with_part(json::Object body, const DecisionOptions& options) {
  if (!options.part.empty()) body["part"] = options.part;
  return body;
}

Result<void> obligation_block(Context& context, const DecisionOptions& options) {
  KIP_TRY(const std::string since, day_text(options.day));
  return post_about_obligation(context, options, "blocks",
                               with_part({{"since", since}, {"evidence", options.source}}, options));
}

Result<void> obligation_unblock(Context& context, const DecisionOptions& options) {
  KIP_TRY(const std::string on, day_text(options.day));
  return post_about_obligation(context, options, "unblocking",
                               with_part({{"on", on}, {"evidence", options.source}}, options));
}

using Run = Result<void> (*)(Context&, const DecisionOptions&);

using Command = std::function<CLI::App*(const char* name, const char* help, Run)>;

void add_for_acts(DecisionOptions& options, const Command& command) {
  const auto with_act = [&](CLI::App* made) {
    made->add_option("act", options.act, "ISSUER:NUMBER:YEAR, as BTC:99/2025/TT-BTC:2025")->required();
    return made;
  };
  const auto with_date = [&](CLI::App* made) {
    made->add_option("date", options.date, "signed, gazetted or effective")->required();
    made->add_option("day", options.day, "YYYY-MM-DD or dd/mm/yyyy")->required();
    return made;
  };
  with_act(command("show", "One act: its dates, who has confirmed them, what it amends, what is owed", act_show));
  with_date(with_act(command("date", "State a date of an act with its source; what was stated before stays", act_date)))
      ->add_option("--source", options.source, "Where it was read")
      ->required();
  with_date(with_act(command("confirm", "Confirm a date that another person has stated, after a look at its source",
                             act_confirm)))
      ->add_option("--reason", options.reason, "Why this one, where sources disagree");
  CLI::App* develop = with_act(command(
      "develop", "Enter that an act was corrected, suspended, resumed or withdrawn, and what that does to the clock",
      act_develop));
  develop->add_option("turn", options.turn, "corrected, suspended, resumed or withdrawn")->required();
  develop->add_option("--on", options.day, "The day of it")->required();
  develop->add_option("--source", options.source, "Where it was read")->required();
  develop->add_option("--clock", options.clock, "goes-on, starts-anew or stops")->required();
  develop->add_option("--from", options.from, "For starts-anew: the day from which the clock runs");
  develop->add_option("--reason", options.reason, "Of the decision about the clock")->required();
  with_act(command("confirm-development", "Confirm what another person has entered, so that it counts",
                   act_confirm_development))
      ->add_option("number", options.number, "Its number, as \"act show\" lists it")
      ->required();
}

void add_for_obligations(DecisionOptions& options, const Command& command) {
  const auto with_number = [&](CLI::App* made) {
    made->add_option("number", options.number, "The obligation's number")->required();
    return made;
  };
  CLI::App* waive = with_number(command("waive", "Ask that an obligation need not be met", obligation_waive));
  waive->add_option("--reason", options.reason, "Why")->required();
  waive
      ->add_option("--until", options.until,
                   "The last day of the waiver where the obligation counts, or the instant at which it ends")
      ->required();
  with_number(command("approve-waiver", "Approve what another person has asked for", obligation_approve))
      ->add_option("waiver", options.waiver, "Its number among the obligation's waivers, from 1")
      ->required();
  const auto with_part = [&](CLI::App* made, const char* day, const char* help) {
    made->add_option("--part", options.part, "Only this part of the act, as xml-export");
    made->add_option(day, options.day, help)->required();
    made->add_option("--evidence", options.source, "Where that can be seen")->required();
  };
  with_part(with_number(command("block", "Enter that an authority has not delivered what is needed", obligation_block)),
            "--since", "Since which day");
  with_part(with_number(command("unblock", "Enter that it has", obligation_unblock)), "--on", "On which day");
}

}  // namespace

void add_decision_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<DecisionOptions>();
  const auto below = [&](const char* parent) {
    return [&context, options, parent = app.get_subcommand(parent)](const char* name, const char* help, Run run) {
      CLI::App* made = parent->add_subcommand(name, help);
      add_server_options(made, options->server);
      made->callback([&context, options, run] { context.finish(run(context, *options)); });
      return made;
    };
  };
  add_for_acts(*options, below("act"));
  add_for_obligations(*options, below("obligation"));
}

}  // namespace kip::cli
