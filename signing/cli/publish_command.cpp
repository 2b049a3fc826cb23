#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/catch_up.hpp>
#include <signing/ceremony/signing_state.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/cli/rollout_plan.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/tuf/publication_json.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxPackage = std::uint64_t{2} << 30U;

struct PublishOptions {
  ServerOptions server;
  std::string folder;
  std::string reason;
  RolloutPlan plan;
};

/// What the server has of a role already: what the folder knows as published, or where the server was restored from a
/// backup, what it still says.
Result<tuf::Targets> listed_before(const RepositoryFolder& folder, const std::string& role,
                                   const std::optional<tuf::Publication>& restored) {
  std::optional<tuf::Document> live;
  if (!restored) {
    KIP_TRY(live, folder.published(role));
  } else if (const auto there = restored->delegated.find(role); there != restored->delegated.end()) {
    KIP_TRY(live, tuf::parse_document(there->second, tuf::Limits{}.targets_bytes));
  }
  if (!live) return tuf::Targets();
  return tuf::read_targets(live->body);
}

/// The plan for each release that the folder's staged roles list and that is not published yet.
Result<json::Array> planned_rollouts(const RepositoryFolder& folder, const tuf::Publication& publication,
                                     const RolloutPlan& plan, const std::optional<tuf::Publication>& restored) {
  json::Array out;
  if (plan.is_empty()) return out;
  for (const auto& [role, bytes] : publication.delegated) {
    KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, tuf::Limits{}.targets_bytes));
    KIP_TRY(const tuf::Targets next, tuf::read_targets(document.body));
    KIP_TRY(const tuf::Targets old, listed_before(folder, role, restored));
    std::optional<Release> newest;
    for (const auto& [path, file] : next.targets) {
      if (!path.ends_with(".kpk") || old.targets.contains(path)) continue;
      KIP_TRY(Release release, parse_release(file.custom));
      if (!newest || newest->version < release.version) newest = std::move(release);
    }
    if (!newest) continue;
    json::Object rollout{{"product", newest->product.str()}, {"version", newest->version.str()}};
    KIP_TRY_VOID(apply_plan(plan, rollout));
    out.emplace_back(std::move(rollout));
  }
  if (out.empty())
    return fail(ErrorCode::usage, "a plan goes with a new release, and none is staged; kip rollout set changes a plan");
  return out;
}

/// Sends the files that a role lists and that were not published before.
Result<std::size_t> upload_targets(Context& context, ApiClient& api, const RepositoryFolder& folder,
                                   const std::string& role, BytesView bytes,
                                   const std::optional<tuf::Publication>& restored) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, tuf::Limits{}.targets_bytes));
  KIP_TRY(const tuf::Targets next, tuf::read_targets(document.body));
  KIP_TRY(const tuf::Targets old, listed_before(folder, role, restored));
  std::size_t sent = 0;
  for (const auto& [path, file] : next.targets) {
    const auto known = old.targets.find(path);
    if (known != old.targets.end() && known->second.hashes == file.hashes) continue;
    KIP_TRY(Bytes content, read_file(context.files, folder.target_file(path, file), kMaxPackage));
    KIP_TRY(const json::Value answer, api.put("/targets/" + file.hashes.at("sha256"), std::move(content)));
    ++sent;
  }
  return sent;
}

std::vector<std::string> outcome_lines(const json::Value& answer, const std::string& roles, std::size_t sent) {
  std::vector<std::string> out = warning_lines(answer);
  if (const json::Value* proposal = answer.find("proposal")) {
    out.insert(out.begin(), fmt::format("Handed in {}; {} files were sent.", roles, sent));
    out.push_back(
        fmt::format("Another person has to approve it: kip proposal show {0}, then kip proposal approve {0}. "
                    "After that, and before anything else is staged, kip publish notes it in this folder.",
                    text_of(*proposal, "proposal")));
    return out;
  }
  out.insert(out.begin(), fmt::format("Published {}.", roles));
  out.push_back(fmt::format("{} files were sent. Installs see it at their next check.", sent));
  return out;
}

Result<void> publish(Context& context, const PublishOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(tuf::Publication publication, publication_of(folder));
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY_VOID(expect_tenant(folder, api.tenant()));
  std::optional<tuf::Publication> restored;
  if (publication.is_empty()) {
    KIP_TRY(restored, published_on(api));
    KIP_TRY(publication, lost_by(folder, *restored));
  }
  if (publication.is_empty()) {
    return fail(ErrorCode::not_found, "nothing is staged; all that officers signed is published already");
  }
  KIP_TRY(json::Array rollouts, planned_rollouts(folder, publication, options.plan, restored));
  std::size_t sent = 0;
  for (const auto& [role, bytes] : publication.delegated) {
    KIP_TRY(const std::size_t count, upload_targets(context, api, folder, role, bytes, restored));
    sent += count;
  }
  json::Value documents = tuf::to_json(publication);
  std::vector<RoleLine> roles;
  for (const auto& [role, document] : *documents.as_object())
    roles.push_back({role, ""});
  json::Object body{{"documents", std::move(documents)}, {"rollouts", std::move(rollouts)}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  KIP_TRY(const json::Value answer, api.post("/publications", std::move(body)));
  if (answer.find("proposal") == nullptr) KIP_TRY_VOID(folder.mark_published());
  context.print(outcome_lines(answer, fmt::format("{}", fmt::join(in_short(roles), ", ")), sent), answer);
  return {};
}

}  // namespace

void add_publish_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Make what officers have signed current on the server");
  command->add_option("--repo", options->folder, "The repository folder")->required();
  command->add_option("--reason", options->reason, "What it is about; for the person who approves it");
  add_plan_options(command, options->plan);
  add_server_options(command, options->server);
  command->callback([&context, options] { context.finish(publish(context, *options)); });
}

}  // namespace kip::cli
