#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/rollout_plan.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

using Lines = std::vector<std::string>;

struct RolloutOptions {
  ServerOptions server;
  std::string id;
  std::string product;
  std::string reason;
  RolloutPlan plan;
  bool all = false;
};

std::string steps_line(const json::Value& share) {
  std::string out = fmt::format("{} %", number_of(share, "percent"));
  for (const json::Value& step : list_of(share, "ramp"))
    out += fmt::format(", {} % from {}", number_of(step, "percent"), text_of(step, "from"));
  return out;
}

std::string labels_line(const json::Value& ring) {
  std::string out;
  for (const json::Value& label : list_of(ring, "labels")) {
    if (label.as_text() != nullptr) out += (out.empty() ? "" : ", ") + *label.as_text();
  }
  return out;
}

std::string tie_text(const json::Value& rollout) {
  if (rollout.find("force_before_due_hours") == nullptr) return {};
  return fmt::format(" ({} h before the earliest limit)", number_of(rollout, "force_before_due_hours"));
}

void append(Lines& to, Lines lines) {
  to.insert(to.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

Lines rollout_lines(const json::Value& rollout) {
  const json::Value* paused = rollout.find("paused");
  const bool is_paused = paused != nullptr && *paused == json::Value(true);
  Lines out{fmt::format("{} {}: {}{}", text_of(rollout, "product"), text_of(rollout, "version"), steps_line(rollout),
                        is_paused ? "; PAUSED" : "")};
  const std::string_view reason = text_of(rollout, "reason");
  if (is_paused && !reason.empty()) out.push_back(fmt::format("  because: {}", printable_line(reason)));
  for (const json::Value& ring : list_of(rollout, "rings"))
    out.push_back(fmt::format("  labels {}: {}", labels_line(ring), steps_line(ring)));
  if (const auto base = text_of(rollout, "base"); !base.empty())
    out.push_back(fmt::format("  whom it has not reached gets {}", base));
  if (const auto windows = text_of(rollout, "windows"); !windows.empty())
    out.push_back(fmt::format("  put in use by itself: {}", windows));
  if (const auto force = text_of(rollout, "force_after"); !force.empty())
    out.push_back(fmt::format("  by force from {} on{}, where the contract allows it", force, tie_text(rollout)));
  return out;
}

Lines standing_lines(const json::Value& standing) {
  const json::Value* rollout = standing.find("rollout");
  const json::Value* outcomes = standing.find("outcomes");
  if (rollout == nullptr || outcomes == nullptr) return {};
  Lines out = rollout_lines(*rollout);
  const auto held = number_of(standing, "held");
  out.push_back(fmt::format(
      "  {} of {} installs have it{}; since {}: {} done, {} failed, {} stuck, {} under way, {} waiting",
      number_of(standing, "have_it"), number_of(standing, "installs"),
      held == 0 ? "" : fmt::format(", {} more are held and count for nothing", held), text_of(standing, "since"),
      number_of(*outcomes, "done"), number_of(*outcomes, "failed"), number_of(*outcomes, "timed_out"),
      number_of(*outcomes, "under_way"), number_of(*outcomes, "waiting")));
  append(out, warning_lines(standing));
  return out;
}

Lines proposal_lines(const json::Value& proposal) {
  Lines out{fmt::format("{}  {}  by {} on {}", text_of(proposal, "proposal"), text_of(proposal, "state"),
                        text_of(proposal, "made_by"), text_of(proposal, "made_at"))};
  if (const auto reason = text_of(proposal, "reason"); !reason.empty())
    out.push_back(fmt::format("  why: {}", printable_line(reason)));
  for (const json::Value& release : list_of(proposal, "releases")) {
    const json::Value* is_new = release.find("new");
    out.push_back(fmt::format("  release {} {}{}", text_of(release, "product"), text_of(release, "version"),
                              is_new != nullptr && *is_new == json::Value(false) ? ", signed anew" : ""));
  }
  for (const json::Value& rollout : list_of(proposal, "rollouts")) {
    for (const std::string& line : rollout_lines(rollout))
      out.push_back("  to be: " + line);
  }
  for (const json::Value& rollout : list_of(proposal, "instead_of")) {
    for (const std::string& line : rollout_lines(rollout))
      out.push_back("  so far: " + line);
  }
  if (const auto by = text_of(proposal, "decided_by"); !by.empty())
    out.push_back(fmt::format("  decided by {}: {}", by, printable_line(text_of(proposal, "decision_reason"))));
  return out;
}

Result<void> list_releases(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/releases", "releases"));
  Lines lines;
  for (const json::Value& release : list_of(answer, "releases")) {
    const auto reason = text_of(release, "reason");
    const auto published = text_of(release, "published_at");
    lines.push_back(fmt::format("{} {}  {}{}{}", text_of(release, "product"), text_of(release, "version"),
                                text_of(release, "state"), published.empty() ? "" : fmt::format(" on {}", published),
                                reason.empty() ? "" : fmt::format(" ({})", printable_line(reason))));
  }
  context.print(lines, answer);
  return {};
}

Result<void> list_proposals(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list(options.all ? "/proposals?all=true" : "/proposals", "proposals"));
  Lines lines;
  for (const json::Value& proposal : list_of(answer, "proposals"))
    append(lines, proposal_lines(proposal));
  if (lines.empty()) lines.emplace_back("nothing waits");
  context.print(lines, answer);
  return {};
}

Result<void> show_proposal(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/proposals/" + encode_url_path(options.id)));
  Lines lines;
  if (const json::Value* proposal = answer.find("proposal")) append(lines, proposal_lines(*proposal));
  append(lines, warning_lines(answer));
  for (const json::Value& diff : list_of(answer, "diffs")) {
    const auto before = text_of(diff, "compared_with");
    lines.push_back(fmt::format("{} {}, {} bytes, compared with {}", text_of(diff, "product"), text_of(diff, "version"),
                                number_of(diff, "package_bytes"),
                                before.empty() ? "nothing: it is the first" : before));
    if (const auto why = text_of(diff, "unreadable"); !why.empty())
      lines.push_back(fmt::format("  its package cannot be looked into: {}", printable_line(why)));
    for (const json::Value& line : list_of(diff, "lines")) {
      if (line.as_text() != nullptr) lines.push_back(*line.as_text());
    }
  }
  context.print(lines, answer);
  return {};
}

Result<void> approve_proposal(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          api.post("/proposals/" + encode_url_path(options.id) + "/approval", json::Object{}));
  Lines lines{"Approved and published. Installs see it at their next check."};
  for (const json::Value& rollout : list_of(answer, "rollouts"))
    append(lines, rollout_lines(rollout));
  append(lines, warning_lines(answer));
  context.print(lines, answer);
  return {};
}

Result<void> decline_proposal(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          api.post("/proposals/" + encode_url_path(options.id) + "/refusal", json::Object{{"reason", options.reason}}));
  context.print(proposal_lines(answer), answer);
  return {};
}

Result<json::Value> find_standing(ApiClient& api, const std::string& product) {
  KIP_TRY(const json::Value answer, api.get_list("/rollouts", "rollouts"));
  for (const json::Value& one : list_of(answer, "rollouts")) {
    const json::Value* rollout = one.find("rollout");
    if (rollout != nullptr && text_of(*rollout, "product") == product) return one;
  }
  return fail(ErrorCode::not_found,
              fmt::format("nothing is rolled out of {}; kip rollout list shows what is", product));
}

Result<void> list_rollouts(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/rollouts", "rollouts"));
  Lines lines;
  for (const json::Value& one : list_of(answer, "rollouts"))
    append(lines, standing_lines(one));
  if (lines.empty()) lines.emplace_back("nothing is rolled out yet");
  context.print(lines, answer);
  return {};
}

Result<void> show_rollout(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value standing, find_standing(api, options.product));
  context.print(standing_lines(standing), standing);
  return {};
}

Result<void> stop_rollout(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/rollouts/" + encode_url_path(options.product) + "/stop",
                                             json::Object{{"reason", options.reason}}));
  Lines lines = rollout_lines(answer);
  lines.emplace_back(
      "Installs stop at their next check, and once more just before they put it in use. To go on: kip "
      "rollout resume, which another person approves.");
  context.print(lines, answer);
  return {};
}

/// Hands in how one product is to be rolled out.
Result<void> ask_for(Context& context, ApiClient& api, json::Object rollout, const std::string& reason) {
  KIP_TRY(const json::Value answer,
          api.post("/publications", json::Object{{"documents", json::Object{}},
                                                 {"rollouts", json::Array{std::move(rollout)}},
                                                 {"reason", reason}}));
  if (const json::Value* proposal = answer.find("proposal")) {
    Lines lines = proposal_lines(*proposal);
    append(lines, warning_lines(answer));
    lines.push_back(
        fmt::format("Another person has to approve it: kip proposal approve {}", text_of(*proposal, "proposal")));
    context.print(lines, answer);
    return {};
  }
  Lines lines{"Done. Installs see it at their next check."};
  for (const json::Value& one : list_of(answer, "rollouts"))
    append(lines, rollout_lines(one));
  append(lines, warning_lines(answer));
  context.print(lines, answer);
  return {};
}

Result<json::Object> present_rollout(ApiClient& api, const std::string& product) {
  KIP_TRY(const json::Value standing, find_standing(api, product));
  const json::Value* rollout = standing.find("rollout");
  KIP_CHECK(rollout != nullptr && rollout->as_object() != nullptr);
  return *rollout->as_object();
}

Result<void> resume_rollout(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(json::Object rollout, present_rollout(api, options.product));
  if (rollout["paused"] == json::Value(false))
    return fail(ErrorCode::conflict, fmt::format("the rollout of {} is not stopped", options.product));
  rollout["paused"] = false;
  rollout.erase("reason");
  return ask_for(context, api, std::move(rollout), options.reason);
}

Result<void> set_rollout(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  json::Object rollout;
  if (options.plan.version.empty()) {
    KIP_TRY(rollout, present_rollout(api, options.product));
  } else {
    rollout = {{"product", options.product}, {"version", options.plan.version}};
  }
  KIP_TRY_VOID(apply_plan(options.plan, rollout));
  return ask_for(context, api, std::move(rollout), options.reason);
}

Result<void> forecast_rollout(Context& context, const RolloutOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/rollouts/" + encode_url_path(options.product) + "/forecast"));
  Lines lines;
  if (const json::Value* standing = answer.find("standing")) append(lines, standing_lines(*standing));
  const auto due = text_of(answer, "due");
  if (due.empty()) {
    lines.emplace_back("no limit that it serves lies ahead");
  } else {
    lines.push_back(fmt::format("limit of obligation {}: {}; at {} installs a day {} will have it by then",
                                number_of(answer, "obligation"), due, number_of(answer, "per_day"),
                                number_of(answer, "will_have_it")));
  }
  for (const json::Value& customer : list_of(answer, "customers")) {
    lines.push_back(fmt::format("{}  {}  {}  {}", text_of(customer, "tax_code"),
                                printable_line(text_of(customer, "name")), printable_line(text_of(customer, "phone")),
                                text_of(customer, "why")));
    for (const json::Value& install : list_of(customer, "installs")) {
      const auto heard = text_of(install, "heard_at");
      lines.push_back(fmt::format("    {}  {}  {}{}", text_of(install, "install"),
                                  printable_line(text_of(install, "label")), text_of(install, "why"),
                                  heard.empty() ? "" : fmt::format("  heard {}", heard)));
    }
  }
  context.print(lines, answer);
  return {};
}

using Command = Result<void> (*)(Context&, const RolloutOptions&);

CLI::App* add(CLI::App* to, const char* name, const char* about, Context& context,
              const std::shared_ptr<RolloutOptions>& options, Command run) {
  CLI::App* command = to->add_subcommand(name, about);
  add_server_options(command, options->server);
  command->callback([&context, options, run] { context.finish(run(context, *options)); });
  return command;
}

void add_proposals(CLI::App& app, Context& context, const std::shared_ptr<RolloutOptions>& options) {
  CLI::App* proposal = app.add_subcommand("proposal", "What waits for a second person");
  proposal->require_subcommand(1);
  add(proposal, "list", "What waits", context, options, list_proposals)
      ->add_flag("--all", options->all, "Also what was decided");
  CLI::App* show = add(proposal, "show", "One, with what it changes at installs", context, options, show_proposal);
  CLI::App* approve = add(proposal, "approve", "Approve what another person handed in, and publish it", context,
                          options, approve_proposal);
  CLI::App* decline =
      add(proposal, "decline", "Take it off the table; also one's own", context, options, decline_proposal);
  decline->add_option("--reason", options->reason, "Why")->required();
  for (CLI::App* command : {show, approve, decline})
    command->add_option("proposal", options->id, "Its id")->required();
}

}  // namespace

void add_rollout_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<RolloutOptions>();
  CLI::App* release = app.add_subcommand("release", "Releases and how they stand");
  release->require_subcommand(1);
  add(release, "list", "signed, approved, published, superseded or revoked", context, options, list_releases);
  add_proposals(app, context, options);

  CLI::App* rollout = app.add_subcommand("rollout", "Which version goes to whom, and when");
  rollout->require_subcommand(1);
  add(rollout, "list", "All, with what came of them", context, options, list_rollouts);
  CLI::App* show = add(rollout, "show", "One", context, options, show_rollout);
  CLI::App* stop = add(rollout, "stop", "Stop one, alone and at once", context, options, stop_rollout);
  stop->add_option("--reason", options->reason, "Why; public, people at installs read it")->required();
  CLI::App* resume =
      add(rollout, "resume", "Ask to go on; another person approves it", context, options, resume_rollout);
  CLI::App* set = add(rollout, "set", "Change how one goes on; what opens anything another person approves", context,
                      options, set_rollout);
  for (CLI::App* command : {resume, set})
    command->add_option("--reason", options->reason, "Why; for the person who approves it");
  set->add_option("--version", options->plan.version,
                  "Another version, with a new plan (without: the present plan is changed)");
  add_plan_options(set, options->plan);
  CLI::App* forecast =
      add(rollout, "forecast", "Who will miss the limit at this pace, and why", context, options, forecast_rollout);
  for (CLI::App* command : {show, stop, resume, set, forecast})
    command->add_option("product", options->product, "The product")->required();
}

}  // namespace kip::cli
