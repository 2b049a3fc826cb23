#include <memory>

#include <CLI/CLI.hpp>

#include <manifests/evidence/history_text.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxHistories = 16U << 20U;

Result<void> evidence_judge(Context& context, const std::string& path) {
  KIP_TRY(const Bytes text, read_file(context.files, path, kMaxHistories, Links::follow));
  const auto histories = parse_histories(text);
  if (!histories) return fail_while(path, histories.error());
  std::vector<std::string> lines;
  json::Array values;
  for (const NamedHistory& history : *histories) {
    for (std::string& line : judge_lines(history)) {
      values.emplace_back(line);
      lines.push_back(std::move(line));
    }
  }
  context.print(lines, json::Object{{"judgements", std::move(values)}});
  return {};
}

}  // namespace

void add_evidence_commands(CLI::App& app, Context& context) {
  const auto path = std::make_shared<std::string>();
  CLI::App* evidence = app.add_subcommand("evidence", "Whether limits were kept, by what is proven");
  evidence->require_subcommand(1);
  CLI::App* judge = evidence->add_subcommand(
      "judge",
      "Judge histories that are written down as text (docs/formats/verdict.md): what would be proven, if it was so");
  judge->add_option("file", *path, "The histories")->required();
  judge->callback([&context, path] { context.finish(evidence_judge(context, *path)); });
}

}  // namespace kip::cli
