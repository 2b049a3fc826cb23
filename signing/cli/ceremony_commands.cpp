#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/catch_up.hpp>
#include <signing/ceremony/changes.hpp>
#include <signing/ceremony/courier.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/cli/open_key.hpp>
#include <signing/cli/repository_output.hpp>

namespace kip::cli {
namespace {

struct CeremonyOptions {
  std::string folder;
  std::string other;
  std::string key;
  std::optional<int> passphrase_fd;
  bool yes = false;
};

json::Value state_json(const SigningState& state) {
  return json::Object{{"role", state.role},
                      {"threshold", state.threshold},
                      {"complete", state.complete},
                      {"signed_by", json::Array(state.signed_by.begin(), state.signed_by.end())},
                      {"missing", json::Array(state.missing.begin(), state.missing.end())}};
}

/// What the key may sign of what is staged, each with what it changes.
Result<std::vector<Shown>> show_what_key_may_sign(Context& context, const RepositoryFolder& folder,
                                                  const std::string& key_id) {
  KIP_TRY(const std::vector<SigningState> states, signing_states(folder));
  if (states.empty()) return fail(ErrorCode::not_found, "nothing is staged; add a release with kip repo add");
  std::vector<Shown> out;
  for (const SigningState& state : states) {
    KIP_TRY(const bool allowed, may_sign(folder, state.role, key_id));
    if (!allowed) continue;
    KIP_TRY(Shown shown, describe_staged(context.files, folder, state.role));
    out.push_back(std::move(shown));
  }
  return out;
}

Result<void> sign(Context& context, const CeremonyOptions& options) {
  if (context.json && !options.yes) {
    return fail(ErrorCode::usage,
                "with --json nothing is shown to be confirmed: give --yes as well, or leave --json out");
  }
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(PrivateKey key, open_key(context, options.key, options.passphrase_fd));
  const Signer signer = Signer::of(std::move(key));
  KIP_TRY(const std::vector<Shown> shown, show_what_key_may_sign(context, folder, signer.key_id));
  if (shown.empty())
    return fail(ErrorCode::denied, fmt::format("the key {} may sign nothing that is staged here", options.key));
  if (!context.json) {
    for (const Shown& role : shown)
      context.print(role.lines, {});
    if (context.failure) return Unexpected(*context.failure);  // what could not be shown is not signed
  }
  if (!options.yes) KIP_TRY_VOID(context.person.confirm("Sign exactly this?"));
  for (const Shown& role : shown)
    KIP_TRY_VOID(sign_staged(folder, role.role, role.canonical, signer));
  return print_signing(context, folder, {fmt::format("Signed with {}.", options.key)});
}

Result<void> repo_status(Context& context, const CeremonyOptions& options) {
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  return print_signing(context, folder, {});
}

Result<void> repo_export(Context& context, const CeremonyOptions& options) {
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY_VOID(export_staged(context.files, folder, options.other));
  return print_signing(context, folder,
                       {fmt::format("{0} holds what is to be signed. There: kip sign --repo {0} --key KEY. Back here: "
                                    "kip repo import --repo {1} --from {0}",
                                    options.other, options.folder)});
}

Result<void> repo_import(Context& context, const CeremonyOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const RepositoryFolder from, RepositoryFolder::open(context.files, options.other));
  KIP_TRY(const std::vector<std::string> added, import_signatures(folder, from));
  std::string line =
      added.empty() ? "No new signature was found there." : fmt::format("Brought back: {}.", fmt::join(added, ", "));
  return print_signing(context, folder, {std::move(line)});
}

Result<void> repo_unstage(Context& context, const CeremonyOptions& options) {
  if (context.json && !options.yes)
    return fail(ErrorCode::usage, "with --json nothing is shown to be confirmed: give --yes as well");
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  if (!options.yes) {
    KIP_TRY_VOID(print_signing(context, folder, {}));
    KIP_TRY_VOID(context.person.confirm("Take all of this back, with the signatures on it?"));
  }
  KIP_TRY(const std::vector<std::string> roles, unstage(folder));
  if (roles.empty()) return print_signing(context, folder, {});
  return print_signing(context, folder,
                       {fmt::format("Took back {}.", fmt::join(roles, ", ")),
                        "What was handed in of it waits at the server: kip proposal list, kip proposal decline."});
}

void add_folder(CLI::App* command, CeremonyOptions& options) {
  command->add_option("--repo", options.folder, "The repository folder")->required();
}

}  // namespace

std::vector<std::string> in_short(const std::vector<RoleLine>& lines) {
  std::vector<std::string> out;
  for (auto first = lines.begin(); first != lines.end();) {
    auto end = std::next(first);
    const bool is_bin = first->role.starts_with(kBinRole);
    while (is_bin && end != lines.end() && end->role.starts_with(kBinRole) && end->text == first->text)
      ++end;
    const auto count = std::distance(first, end);
    std::string name =
        count == 1 ? first->role : fmt::format("{} to {} ({} roles)", first->role, std::prev(end)->role, count);
    out.push_back(first->text.empty() ? std::move(name) : fmt::format("{}: {}", name, first->text));
    first = end;
  }
  return out;
}

Result<void> print_signing(Context& context, const RepositoryFolder& folder, std::vector<std::string> lines) {
  KIP_TRY(const std::vector<SigningState> states, signing_states(folder));
  json::Array all;
  std::vector<RoleLine> of_roles;
  for (const SigningState& state : states) {
    std::string line = fmt::format("{} of {} signatures", state.signed_by.size(), state.threshold);
    if (!state.signed_by.empty()) line += fmt::format(" ({})", fmt::join(state.signed_by, ", "));
    line += state.complete ? "; complete" : fmt::format("; may still sign: {}", fmt::join(state.missing, ", "));
    of_roles.push_back({state.role, std::move(line)});
    all.push_back(state_json(state));
  }
  const std::vector<std::string> shortened = in_short(of_roles);
  lines.insert(lines.end(), shortened.begin(), shortened.end());
  if (states.empty()) lines.emplace_back("Nothing is staged: all that officers signed is published.");
  context.print(lines, json::Object{{"staged", std::move(all)}});
  return {};
}

void add_ceremony_commands(CLI::App& app, CLI::App& repo, Context& context) {
  const auto options = std::make_shared<CeremonyOptions>();
  const auto callback = [&context, options](auto run) {
    return [&context, options, run] { context.finish(run(context, *options)); };
  };

  CLI::App* status = repo.add_subcommand("status", "Show what is staged, who has signed and who is missing");
  add_folder(status, *options);
  status->callback(callback(repo_status));

  CLI::App* back = repo.add_subcommand("unstage", "Take back what is staged and not published, with its signatures");
  add_folder(back, *options);
  back->add_flag("--yes", options->yes, "Do not ask for confirmation");
  back->callback(callback(repo_unstage));

  CLI::App* out = repo.add_subcommand("export", "Copy what is to be signed to a stick, for a machine without network");
  add_folder(out, *options);
  out->add_option("--to", options->other, "The folder to make")->required();
  out->callback(callback(repo_export));

  CLI::App* in = repo.add_subcommand("import", "Bring the signatures back from a stick");
  add_folder(in, *options);
  in->add_option("--from", options->other, "The folder that was signed in")->required();
  in->callback(callback(repo_import));

  CLI::App* signing = app.add_subcommand("sign", "Show what a repository's staged documents change, then sign them");
  add_folder(signing, *options);
  signing->add_option("--key", options->key, "Your private key")->required();
  signing->add_option("--passphrase-fd", options->passphrase_fd,
                      "Read the passphrase from this descriptor instead of asking");
  signing->add_flag("--yes", options->yes, "Do not ask for confirmation");
  signing->callback(callback(sign));
}

}  // namespace kip::cli
