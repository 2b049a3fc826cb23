#include <charconv>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/core/instant.hpp>
#include <manifests/rollout/rollout.hpp>
#include <signing/cli/rollout_plan.hpp>

namespace kip::cli {
namespace {

constexpr std::int64_t kWhole = 100;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::int64_t> percent_in(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  return is_whole && out >= 0 && out <= kWhole ? std::optional(out) : std::nullopt;
}

/// "INSTANT=PERCENT"
Result<json::Value> read_step(std::string_view text) {
  const auto equals = text.rfind('=');
  const auto percent = equals == std::string_view::npos ? std::nullopt : percent_in(text.substr(equals + 1));
  const auto from = parse_instant(text.substr(0, equals));
  if (percent && from) return json::Value(json::Object{{"from", format_instant(*from)}, {"percent", *percent}});
  return fail(
      ErrorCode::usage,
      fmt::format("\"{}\" is no step of a ramp; write 2026-03-02T01:00:00Z=20 for 20 percent from then on", text));
}

/// "LABEL[,LABEL]=PERCENT[,INSTANT=PERCENT]"
Result<json::Value> read_ring(std::string_view text) {
  const auto equals = text.find('=');
  const auto parts = split(equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1), ',');
  const auto percent = percent_in(parts.front());
  if (equals == std::string_view::npos || equals == 0 || !percent) {
    return fail(ErrorCode::usage,
                fmt::format("\"{}\" is no ring; write pilot,hue=100, or pilot=10,2026-03-02T01:00:00Z=100", text));
  }
  json::Array labels;
  for (const std::string_view label : split(text.substr(0, equals), ','))
    labels.emplace_back(std::string(label));
  json::Array ramp;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    KIP_TRY(json::Value step, read_step(parts[i]));
    ramp.push_back(std::move(step));
  }
  json::Object out{{"labels", std::move(labels)}, {"percent", *percent}};
  if (!ramp.empty()) out["ramp"] = std::move(ramp);
  return json::Value(std::move(out));
}

}  // namespace

void add_plan_options(CLI::App* command, RolloutPlan& plan) {
  command->add_option("--percent", plan.percent, "Share of installs, 0 to 100")->check(CLI::Range(0, 100));
  command->add_option("--ramp", plan.ramp, "INSTANT=PERCENT: the share from then on; once per step, ascending");
  command->add_option(
      "--ring", plan.rings,
      "LABEL[,LABEL]=PERCENT[,INSTANT=PERCENT]: the share of installs with such a label; once per ring, "
      "the first one that fits counts");
  command->add_option("--windows", plan.windows,
                      "Times of the install's clock in which its service puts it in use: \"mon-fri 19:00-06:00\"");
  CLI::Option* after =
      command->add_option("--force-after", plan.force_after, "A later time for that than the one that officers signed");
  command
      ->add_option("--force-before-due", plan.force_before_due,
                   "HOURS before the earliest confirmed limit by which it has to be installed; the server keeps it so "
                   "where the limit moves, within what officers signed")
      ->check(CLI::Range(std::int64_t{1}, kMaxForceBeforeDueHours))
      ->excludes(after);
}

Result<void> apply_plan(const RolloutPlan& plan, json::Object& rollout) {
  if (plan.percent >= 0) {
    rollout["percent"] = plan.percent;
    if (plan.ramp.empty()) rollout.erase("ramp");
  }
  json::Array ramp;
  for (const std::string& text : plan.ramp) {
    KIP_TRY(json::Value step, read_step(text));
    ramp.push_back(std::move(step));
  }
  if (!ramp.empty()) {
    rollout["ramp"] = std::move(ramp);
    if (plan.percent < 0) rollout["percent"] = 0;
  }
  json::Array rings;
  for (const std::string& text : plan.rings) {
    KIP_TRY(json::Value ring, read_ring(text));
    rings.push_back(std::move(ring));
  }
  if (!rings.empty()) rollout["rings"] = std::move(rings);
  if (!plan.windows.empty()) rollout["windows"] = plan.windows;
  if (!plan.force_after.empty()) {
    rollout["force_after"] = plan.force_after;
    rollout.erase("force_before_due_hours");
  }
  if (plan.force_before_due > 0) rollout["force_before_due_hours"] = plan.force_before_due;
  return {};
}

}  // namespace kip::cli
