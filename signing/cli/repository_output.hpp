#pragma once

#include <string>
#include <vector>

#include <signing/ceremony/signing_state.hpp>
#include <signing/cli/api_client.hpp>
#include <signing/cli/context.hpp>

namespace CLI {
class App;
}

namespace kip::cli {

/// What is said of a role.
struct RoleLine {
  std::string role;
  std::string text;
};

/// "ROLE: text", and "bin-0 to bin-f (16 roles): text" where the same is said of bins one after the other.
std::vector<std::string> in_short(const std::vector<RoleLine>& lines);

/// The lines, then of each staged role who has signed it and who may still.
Result<void> print_signing(Context& context, const RepositoryFolder& folder, std::vector<std::string> lines);

/// Errors: usage where the folder is another vendor's.
Result<void> expect_tenant(const RepositoryFolder& folder, const TenantId& tenant);

/// What the server has published, unverified. Errors: those of asking, malformed.
Result<tuf::Publication> published_on(ApiClient& api);

/// Members of `kip key` that are about a repository's officers.
void add_officer_commands(CLI::App& key, Context& context);
// Further members of `kip repo`.
void add_change_commands(CLI::App& repo, Context& context);
/// `kip repo fetch`, which takes over what the server has published.
void add_fetch_command(CLI::App& repo, Context& context);
/// `kip sign`, and the ways of what is to be signed to a machine without network and back.
void add_ceremony_commands(CLI::App& app, CLI::App& repo, Context& context);

}  // namespace kip::cli
