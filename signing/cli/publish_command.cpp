#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/signing_state.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxPackage = std::uint64_t{2} << 30U;

struct PublishOptions {
  ServerOptions server;
  std::string folder;
};

/// Sends the files that a role lists and that were not published before.
Result<std::size_t> upload_targets(Context& context, ApiClient& api, const RepositoryFolder& folder,
                                   const std::string& role, BytesView bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, tuf::Limits{}.targets_bytes));
  KIP_TRY(const tuf::Targets next, tuf::read_targets(document.body));
  KIP_TRY(const std::optional<tuf::Document> live, folder.published(role));
  tuf::Targets old;
  if (live) {
    KIP_TRY(old, tuf::read_targets(live->body));
  }
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

Result<void> publish(Context& context, const PublishOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const tuf::Publication publication, publication_of(folder));
  if (publication.roots.empty() && !publication.targets && publication.delegated.empty()) {
    return fail(ErrorCode::not_found, "nothing is staged; all that officers signed is published already");
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  if (api.tenant() != folder.tenant()) {
    return fail(ErrorCode::usage,
                fmt::format("the repository is that of {}, not of {}", folder.tenant().str(), api.tenant().str()));
  }
  std::size_t sent = 0;
  json::Object documents;
  for (const auto& [role, bytes] : publication.delegated) {
    KIP_TRY(const std::size_t count, upload_targets(context, api, folder, role, bytes));
    sent += count;
    documents[role] = to_base64(bytes);
  }
  json::Array roots;
  for (const Bytes& root : publication.roots)
    roots.emplace_back(to_base64(root));
  if (!roots.empty()) documents["root"] = std::move(roots);
  if (publication.targets) documents["targets"] = to_base64(*publication.targets);
  std::vector<RoleLine> roles;
  for (const auto& [role, bytes] : documents)
    roles.push_back({role, ""});
  KIP_TRY(const json::Value answer, api.post("/publications", json::Object{{"documents", std::move(documents)}}));
  KIP_TRY_VOID(folder.mark_published());
  context.print({fmt::format("Published {}.", fmt::join(in_short(roles), ", ")),
                 fmt::format("{} files were sent. Installs see it at their next check.", sent)},
                answer);
  return {};
}

}  // namespace

void add_publish_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Make what officers have signed current on the server");
  command->add_option("--repo", options->folder, "The repository folder")->required();
  add_server_options(command, options->server);
  command->callback([&context, options] { context.finish(publish(context, *options)); });
}

}  // namespace kip::cli
