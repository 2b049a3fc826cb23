#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/repository_folder.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/open_key.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxPublic = 64U << 10U;

struct RepositoryOptions {
  std::string folder;
  std::string online;
  std::vector<std::string> officers;
  std::vector<std::string> products;
  std::int64_t threshold = 2;
  std::string package;
  std::string floor;
  std::vector<std::string> revoked;
  std::vector<std::string> downgrade_from;
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

Result<void> print_state(Context& context, const RepositoryFolder& folder, std::vector<std::string> lines) {
  KIP_TRY(const std::vector<SigningState> states, folder.signing());
  json::Array all;
  for (const SigningState& state : states) {
    std::string line = fmt::format("{}: {} of {} signatures", state.role, state.signed_by.size(), state.threshold);
    if (!state.signed_by.empty()) line += fmt::format(" ({})", fmt::join(state.signed_by, ", "));
    line += state.complete ? "; complete" : fmt::format("; may still sign: {}", fmt::join(state.missing, ", "));
    lines.push_back(std::move(line));
    all.push_back(state_json(state));
  }
  if (states.empty()) lines.emplace_back("Nothing is staged: all that officers signed is published.");
  context.print(lines, json::Object{{"staged", std::move(all)}});
  return {};
}

Result<void> repo_init(Context& context, const RepositoryOptions& options) {
  KIP_TRY(const Bytes online, read_file(context.files, options.online, kMaxPublic, Links::follow));
  auto keys = parse_online_keys(online);
  if (!keys) return fail_while(options.online, std::move(keys).error());
  RepositoryPlan plan{*std::move(keys), {}, options.threshold, {}, context.clock.now()};
  for (const std::string& path : options.officers) {
    KIP_TRY(const Bytes bytes, read_file(context.files, path, kMaxPublic, Links::follow));
    auto officer = parse_public_key_file(bytes);
    if (!officer) return fail_while(path, std::move(officer).error());
    plan.officers.push_back(*std::move(officer));
  }
  for (const std::string& product : options.products) {
    KIP_TRY(ProductId id, ProductId::parse(product));
    plan.products.push_back(std::move(id));
  }
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::create(context.files, options.folder, plan));
  return print_state(context, folder,
                     {fmt::format("Made the repository {} for {}. Next: each officer runs kip sign.", options.folder,
                                  folder.tenant().str())});
}

Result<void> read_policy(const RepositoryOptions& options, Release& release) {
  if (!options.floor.empty()) {
    KIP_TRY(release.floor, Version::parse(options.floor));
    if (release.version < *release.floor) {
      return fail(ErrorCode::usage, "the floor is above the release itself: no install could take it");
    }
  }
  for (const std::string& item : options.revoked) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || equals + 1 == item.size()) {
      return fail(ErrorCode::usage, fmt::format("write --revoke VERSION=REASON, not \"{}\"", item));
    }
    KIP_TRY(const Version version, Version::parse(item.substr(0, equals)));
    release.revoked[version.str()] = item.substr(equals + 1);
  }
  for (const std::string& text : options.downgrade_from) {
    KIP_TRY(Version version, Version::parse(text));
    if (version <= release.version) {
      return fail(ErrorCode::usage, fmt::format("--downgrade-from {}: only a later version than {} can be left for it",
                                                version.str(), release.version.str()));
    }
    release.downgrade_from.push_back(std::move(version));
  }
  return {};
}

Result<void> repo_add(Context& context, const RepositoryOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const PackageManifest manifest, verify_package(context.files, options.package, std::nullopt));
  const PackageContent& content = manifest.content();
  Release release{content.product,
                  content.version,
                  manifest.identity(sha256),
                  content.subject.acts,
                  content.subject.notes,
                  {},
                  {},
                  {}};
  KIP_TRY_VOID(read_policy(options, release));
  KIP_TRY_VOID(folder.add_release(release, options.package, context.clock.now()));
  return print_state(context, folder,
                     {fmt::format("{} {} is staged. Next: officers run kip sign, then kip publish.",
                                  release.product.str(), release.version.str())});
}

Result<void> repo_status(Context& context, const RepositoryOptions& options) {
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  return print_state(context, folder, {});
}

Result<void> sign(Context& context, const RepositoryOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(PrivateKey key, open_key(context, options.key, options.passphrase_fd));
  const Signer signer = Signer::of(std::move(key));
  KIP_TRY(const std::vector<SigningState> states, folder.signing());
  std::vector<std::string> mine;
  std::vector<std::string> shown;
  for (const SigningState& state : states) {
    KIP_TRY(const bool allowed, folder.may_sign(state.role, signer.key_id));
    if (!allowed) continue;
    mine.push_back(state.role);
    KIP_TRY(const std::vector<std::string> lines, describe_staged(context.files, folder, state.role));
    shown.insert(shown.end(), lines.begin(), lines.end());
  }
  if (states.empty()) return fail(ErrorCode::not_found, "nothing is staged; add a release with kip repo add");
  if (mine.empty())
    return fail(ErrorCode::denied, fmt::format("the key {} may sign nothing that is staged here", options.key));
  if (!context.json) context.print(shown, {});
  if (!options.yes) KIP_TRY_VOID(context.person.confirm("Sign exactly this?"));
  for (const std::string& role : mine)
    KIP_TRY_VOID(folder.sign(role, signer));
  return print_state(context, folder, {fmt::format("Signed with {}.", options.key)});
}

CLI::Option* add_folder(CLI::App* command, const std::shared_ptr<RepositoryOptions>& options) {
  return command->add_option("--repo", options->folder, "The repository folder")->required();
}

}  // namespace

void add_repository_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<RepositoryOptions>();
  CLI::App* repo = app.add_subcommand("repo", "Prepare what officers sign");
  repo->require_subcommand(1);

  CLI::App* init =
      repo->add_subcommand("init", "Make a repository folder: root, targets and products by officers' keys");
  init->add_option("--dir,--repo", options->folder, "The folder to make")->required();
  init->add_option("--online", options->online, "online-keys.json of the server")->required();
  init->add_option("--officer", options->officers, "An officer's FILE.pub; once per officer")->required();
  init->add_option("--product", options->products, "A product's name; once per product")->required();
  init->add_option("--threshold", options->threshold, "How many officers must sign (2)");
  init->callback([&context, options] { context.finish(repo_init(context, *options)); });

  CLI::App* add = repo->add_subcommand("add", "Stage a package as the next release of its product");
  add_folder(add, options);
  add->add_option("package", options->package, "FILE.kpk")->required();
  add->add_option("--floor", options->floor, "From now on no install may be taken below this version");
  add->add_option("--revoke", options->revoked, "VERSION=REASON: a version that must not be installed any more");
  add->add_option("--downgrade-from", options->downgrade_from,
                  "A later version from which a rollout may take installs back to this one");
  add->callback([&context, options] { context.finish(repo_add(context, *options)); });

  CLI::App* status = repo->add_subcommand("status", "Show what is staged, who has signed and who is missing");
  add_folder(status, options);
  status->callback([&context, options] { context.finish(repo_status(context, *options)); });

  CLI::App* signing = app.add_subcommand("sign", "Show what a repository's staged documents change, then sign them");
  add_folder(signing, options);
  signing->add_option("--key", options->key, "Your private key")->required();
  signing->add_option("--passphrase-fd", options->passphrase_fd,
                      "Read the passphrase from this descriptor instead of asking");
  signing->add_flag("--yes", options->yes, "Do not ask for confirmation");
  signing->callback([&context, options] { context.finish(sign(context, *options)); });
}

}  // namespace kip::cli
