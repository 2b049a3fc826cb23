#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/changes.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/public_keys.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/package_reader.hpp>

namespace kip::cli {
namespace {

struct RepositoryOptions {
  std::string folder;
  std::string online;
  std::vector<std::string> officers;
  std::vector<std::string> products;
  std::int64_t threshold = 2;
  std::string package;
  std::vector<std::string> deltas;
  std::string floor;
  std::string force_after;
  std::string force_latest;
  std::vector<std::string> audience;
  std::vector<std::string> revoked;
  std::vector<std::string> downgrade_from;
};

Result<void> repo_init(Context& context, const RepositoryOptions& options) {
  KIP_TRY(OnlineKeys keys, open_online_keys(context, options.online));
  RepositoryPlan plan{std::move(keys), {}, options.threshold, {}, context.clock.now()};
  for (const std::string& path : options.officers) {
    KIP_TRY(PublicKeyFile officer, open_public_key(context, path));
    plan.officers.push_back(std::move(officer));
  }
  for (const std::string& product : options.products) {
    KIP_TRY(ProductId id, ProductId::parse(product));
    plan.products.push_back(std::move(id));
  }
  KIP_TRY(const RepositoryFolder folder, RepositoryFolder::create(context.files, options.folder, plan));
  return print_signing(context, folder,
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
  if (!options.force_after.empty()) {
    KIP_TRY(release.force_after, parse_instant(options.force_after));
  }
  if (!options.force_latest.empty()) {
    KIP_TRY(release.force_latest, parse_instant(options.force_latest));
    if (!release.force_after || *release.force_latest < *release.force_after)
      return fail(ErrorCode::usage, "--force-latest needs a --force-after that is not later");
  }
  for (const std::string& text : options.audience) {
    KIP_TRY(Label label, Label::parse(text));
    release.audience.insert(std::move(label));
  }
  for (const std::string& item : options.revoked) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || equals + 1 == item.size()) {
      return fail(ErrorCode::usage, fmt::format("write --revoke VERSION=REASON, not \"{}\"", item));
    }
    KIP_TRY(const Version version, Version::parse(item.substr(0, equals)));
    if (version == release.version) {
      return fail(ErrorCode::usage, "a release that revokes itself could be installed by nobody");
    }
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

Result<std::vector<DeltaFile>> read_deltas(Context& context, const RepositoryOptions& options) {
  std::vector<DeltaFile> out;
  for (const std::string& path : options.deltas) {
    if (!is_delta_path(path)) return fail(ErrorCode::usage, fmt::format("{} is no FILE.kpd", path));
    KIP_TRY(InspectedDelta found, inspect_delta(context.files, path));
    out.push_back({std::move(found.delta.subject), path});
  }
  return out;
}

std::string count_of(const std::vector<DeltaFile>& deltas) {
  if (deltas.empty()) return {};
  return fmt::format(" with {} {}", deltas.size(), deltas.size() == 1 ? "delta" : "deltas");
}

/// Deltas to releases that are listed already.
Result<void> repo_add_deltas(Context& context, RepositoryFolder& folder, const std::vector<DeltaFile>& deltas,
                             const RepositoryOptions& options) {
  if (deltas.empty()) return fail(ErrorCode::usage, "name a FILE.kpk, or deltas to listed releases by --delta");
  const bool has_terms = !options.floor.empty() || !options.force_after.empty() || !options.force_latest.empty() ||
                         !options.audience.empty() || !options.revoked.empty() || !options.downgrade_from.empty();
  if (has_terms) {
    return fail(
        ErrorCode::usage,
        "a floor, a force-after, an audience, revocations and downgrades belong to a release: name its FILE.kpk "
        "as well");
  }
  KIP_TRY_VOID(add_deltas(folder, deltas, context.clock.now()));
  return print_signing(context, folder,
                       {fmt::format("{} {} staged. Next: officers run kip sign, then kip publish.", deltas.size(),
                                    deltas.size() == 1 ? "delta is" : "deltas are")});
}

Result<void> repo_add(Context& context, const RepositoryOptions& options) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const std::vector<DeltaFile> deltas, read_deltas(context, options));
  if (options.package.empty()) return repo_add_deltas(context, folder, deltas, options);
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
  for (const DeltaFile& delta : deltas) {
    if (delta.subject.product == release.product && delta.subject.to.manifest == release.manifest) continue;
    return fail(ErrorCode::usage,
                fmt::format("{} leads to {} {}, not to {}", delta.file.string(), delta.subject.product.str(),
                            delta.subject.to.version.str(), options.package));
  }
  KIP_TRY(const StagedRoles staged, add_release(folder, release, options.package, context.clock.now(), deltas));
  return print_signing(context, folder,
                       {fmt::format("{} {} is staged{}. Next: officers run kip sign, then kip publish.",
                                    release.product.str(), release.version.str(), count_of(deltas))});
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
  add->add_option("package", options->package, "FILE.kpk");
  add->add_option("--delta", options->deltas,
                  "FILE.kpd: a shorter way to it from an earlier release; may be repeated. Without FILE.kpk: between "
                  "releases that are listed already");
  add->add_option("--floor", options->floor, "From now on no install may be taken below this version");
  add->add_option("--force-after", options->force_after,
                  "From when on it is installed without regard to windows and deferrals (2026-01-31T17:00:00Z); only "
                  "where contracts allow that");
  add->add_option("--force-latest", options->force_latest,
                  "Up to when a rollout may choose a later time for that (without: as late as it likes)");
  add->add_option("--audience", options->audience,
                  "Only for installs that the vendor has given this label (pilot); may be repeated");
  add->add_option("--revoke", options->revoked, "VERSION=REASON: a version that must not be installed any more");
  add->add_option("--downgrade-from", options->downgrade_from,
                  "A later version from which a rollout may take installs back to this one");
  add->callback([&context, options] { context.finish(repo_add(context, *options)); });

  add_change_commands(*repo, context);
  add_fetch_command(*repo, context);
  add_ceremony_commands(app, *repo, context);
}

}  // namespace kip::cli
