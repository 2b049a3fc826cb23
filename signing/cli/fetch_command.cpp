#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/catch_up.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/tuf/publication_json.hpp>

namespace kip::cli {
namespace {

struct FetchOptions {
  ServerOptions server;
  std::string folder;
};

/// "WHAT: ROLE, ROLE", or nothing where there is none.
void tell(std::vector<std::string>& lines, std::string_view what, const std::vector<std::string>& roles) {
  if (!roles.empty()) lines.push_back(fmt::format("{}: {}.", what, fmt::join(roles, ", ")));
}

Result<void> fetch(Context& context, const FetchOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY_VOID(expect_tenant(folder, api.tenant()));
  KIP_TRY(const tuf::Publication published, published_on(api));
  KIP_TRY(const CaughtUp done, catch_up(folder, published, context.clock.now()));
  std::vector<std::string> lines;
  tell(lines, "Taken over as published", done.taken);
  tell(lines, "Published as it was staged here", done.settled);
  tell(lines, "Staged anew above what is published, to be signed again", done.restaged);
  if (lines.empty()) lines.emplace_back("The folder knew all that is published.");
  return print_signing(context, folder, std::move(lines));
}

}  // namespace

Result<tuf::Publication> published_on(ApiClient& api) {
  KIP_TRY(const json::Value answer, api.get("/repository"));
  const json::Value* documents = answer.find("documents");
  if (documents == nullptr) return fail(ErrorCode::malformed, "the server's answer holds no documents");
  return tuf::read_publication(*documents);
}

Result<void> expect_tenant(const RepositoryFolder& folder, const TenantId& tenant) {
  if (folder.tenant() == tenant) return {};
  return fail(ErrorCode::usage,
              fmt::format("the repository is that of {}, not of {}", folder.tenant().str(), tenant.str()));
}

void add_fetch_command(CLI::App& repo, Context& context) {
  const auto options = std::make_shared<FetchOptions>();
  CLI::App* command = repo.add_subcommand(
      "fetch", "Take over what is published on the server: after an approval, or where others published");
  command->add_option("--repo", options->folder, "The repository folder")->required();
  add_server_options(command, options->server);
  command->callback([&context, options] { context.finish(fetch(context, *options)); });
}

}  // namespace kip::cli
