#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/changes.hpp>
#include <signing/ceremony/drill.hpp>
#include <signing/cli/open_key.hpp>
#include <signing/cli/public_keys.hpp>
#include <signing/cli/repository_output.hpp>

namespace kip::cli {
namespace {

struct OfficerOptions {
  std::string folder;
  std::string old_key;
  std::string new_key;
  std::vector<std::string> backups;
  std::vector<int> passphrase_fds;
};

Result<void> hand_over(Context& context, const OfficerOptions& options) {
  KIP_TRY(const PublicKeyFile leaving, open_public_key(context, options.old_key));
  KIP_TRY(const PublicKeyFile coming, open_public_key(context, options.new_key));
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const StagedRoles staged, change_keys(folder, {{}, {coming}, {leaving.key.id()}, {}}, context.clock.now()));
  std::vector<RoleLine> roles;
  for (const std::string& role : staged)
    roles.push_back({role, ""});
  return print_signing(context, folder,
                       {fmt::format("{} is to follow {} in {}. Next: those who stay run kip sign, then kip publish.",
                                    coming.name, leaving.name, fmt::join(in_short(roles), ", "))});
}

std::string drilled_text(const DrilledRole& role) {
  std::string out = fmt::format("{} of {} needed could sign ({})", role.able.size(), role.threshold,
                                role.able.empty() ? "nobody" : fmt::format("{}", fmt::join(role.able, ", ")));
  if (!role.enough()) return out + "; NOT ENOUGH";
  if (!role.absent.empty()) out += fmt::format(", without {}", fmt::join(role.absent, ", "));
  if (!role.needed.empty()) out += fmt::format("; nobody of these could be absent as well");
  return out;
}

json::Value drilled_json(const DrilledRole& role) {
  return json::Object{{"role", role.role},
                      {"threshold", role.threshold},
                      {"enough", role.enough()},
                      {"able", json::Array(role.able.begin(), role.able.end())},
                      {"absent", json::Array(role.absent.begin(), role.absent.end())}};
}

Result<void> run_drill(Context& context, const OfficerOptions& options) {
  if (!options.passphrase_fds.empty() && options.passphrase_fds.size() != options.backups.size()) {
    return fail(ErrorCode::usage, "give one --passphrase-fd for each --backup, in the same order");
  }
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  std::vector<Signer> signers;
  for (std::size_t i = 0; i < options.backups.size(); ++i) {
    const std::optional<int> descriptor =
        options.passphrase_fds.empty() ? std::nullopt : std::optional(options.passphrase_fds[i]);
    KIP_TRY(PrivateKey key, open_key(context, options.backups[i], descriptor));
    signers.push_back(Signer::of(std::move(key)));
  }
  KIP_TRY(const std::vector<DrilledRole> roles, drill(folder, signers, context.random));
  std::vector<std::string> lines = {fmt::format("{} backups open.", signers.size())};
  json::Array all;
  bool enough = true;
  std::vector<RoleLine> of_roles;
  for (const DrilledRole& role : roles) {
    of_roles.push_back({role.role, drilled_text(role)});
    all.push_back(drilled_json(role));
    enough = enough && role.enough();
  }
  const std::vector<std::string> shortened = in_short(of_roles);
  lines.insert(lines.end(), shortened.begin(), shortened.end());
  if (enough) lines.emplace_back("The thresholds can be met. Nothing of the repository was signed or changed.");
  context.print(lines, json::Object{{"enough", enough}, {"roles", std::move(all)}});
  if (enough) return {};
  return fail(ErrorCode::signature, "these backups could not sign every role; find the others before they are needed");
}

}  // namespace

void add_officer_commands(CLI::App& key, Context& context) {
  const auto options = std::make_shared<OfficerOptions>();
  CLI::App* handover = key.add_subcommand("handover", "Stage a new officer in the place of one who leaves");
  handover->add_option("old", options->old_key, "FILE.pub of who leaves")->required();
  handover->add_option("new", options->new_key, "FILE.pub of who comes")->required();
  handover->add_option("--repo", options->folder, "The repository folder")->required();
  handover->callback([&context, options] { context.finish(hand_over(context, *options)); });

  CLI::App* drill = key.add_subcommand("drill", "Prove that backups open and that they could sign, without signing");
  drill->add_option("--repo", options->folder, "The repository folder")->required();
  drill->add_option("--backup", options->backups, "A backup of an officer's key; once per officer")->required();
  drill->add_option("--passphrase-fd", options->passphrase_fds, "Descriptor with its passphrase; once per backup")
      ->allow_extra_args(false);
  drill->callback([&context, options] { context.finish(run_drill(context, *options)); });
}

}  // namespace kip::cli
