#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/changes.hpp>
#include <signing/cli/public_keys.hpp>
#include <signing/cli/repository_output.hpp>
#include <signing/tuf/repository_check.hpp>

namespace kip::cli {
namespace {

struct ChangeOptions {
  std::string folder;
  std::string product;
  int bins = 0;
  std::string file;
  std::string path;
  std::vector<std::string> roles;
  std::vector<std::string> add;
  std::vector<std::string> remove;
  std::optional<std::int64_t> threshold;
  int within_days = 60;
  bool all = false;
};

using Change = std::function<Result<StagedRoles>(RepositoryFolder&, Instant)>;

/// Opens the folder, makes the change and tells what it staged.
Result<void> change(Context& context, const ChangeOptions& options, const Change& make) {
  KIP_TRY(RepositoryFolder folder, RepositoryFolder::open(context.files, options.folder));
  KIP_TRY(const StagedRoles staged, make(folder, context.clock.now()));
  const std::string line = staged.empty()
                               ? "Nothing had to be changed."
                               : fmt::format("{} role{} staged. Next: officers run kip sign, then kip publish.",
                                             staged.size(), staged.size() == 1 ? " is" : "s are");
  return print_signing(context, folder, {line});
}

Result<void> delegate(Context& context, const ChangeOptions& options) {
  KIP_TRY(const ProductId product, ProductId::parse(options.product));
  return change(context, options,
                [&](RepositoryFolder& folder, Instant now) { return add_product(folder, product, now); });
}

Result<void> bins(Context& context, const ChangeOptions& options) {
  return change(context, options,
                [&](RepositoryFolder& folder, Instant now) { return add_bins(folder, options.bins, now); });
}

Result<void> file(Context& context, const ChangeOptions& options) {
  return change(context, options, [&](RepositoryFolder& folder, Instant now) {
    return add_file(folder, options.path, options.file, now);
  });
}

Result<void> keys(Context& context, const ChangeOptions& options) {
  KeyChange wanted{{options.roles.begin(), options.roles.end()}, {}, {}, options.threshold};
  if (options.add.empty() && options.remove.empty() && !options.threshold) {
    return fail(ErrorCode::usage, "say what to change: --add, --remove or --threshold");
  }
  for (const std::string& path : options.add) {
    KIP_TRY(PublicKeyFile key, open_public_key(context, path));
    wanted.add.push_back(std::move(key));
  }
  for (const std::string& path : options.remove) {
    KIP_TRY(const PublicKeyFile key, open_public_key(context, path));
    wanted.remove.push_back(key.key.id());
  }
  return change(context, options,
                [&](RepositoryFolder& folder, Instant now) { return change_keys(folder, wanted, now); });
}

Result<void> online(Context& context, const ChangeOptions& options) {
  KIP_TRY(const OnlineKeys wanted, open_online_keys(context, options.file));
  return change(context, options,
                [&](RepositoryFolder& folder, Instant now) { return replace_online_keys(folder, wanted, now); });
}

Result<void> renew_roles(Context& context, const ChangeOptions& options) {
  return change(context, options, [&](RepositoryFolder& folder, Instant now) {
    return renew(folder, options.all ? Instant::max() : now + std::chrono::days(options.within_days), now);
  });
}

std::string_view weight_text(tuf::Finding::Weight weight) {
  switch (weight) {
    case tuf::Finding::Weight::error:
      return "error";
    case tuf::Finding::Weight::warning:
      return "warning";
    case tuf::Finding::Weight::note:
      return "note";
  }
  KIP_CHECK(false);
  return "";
}

Result<void> fsck(Context& context, const ChangeOptions& options) {
  KIP_TRY(const tuf::RepositoryReport report,
          tuf::check_repository(context.files, options.folder, context.clock.now()));
  KIP_TRY(const std::vector<std::string> unnamed, tuf::unnamed_files(context.files, options.folder, report));
  std::vector<std::string> lines;
  json::Array findings;
  for (const tuf::Finding& finding : report.findings) {
    lines.push_back(fmt::format("{}: {}", weight_text(finding.weight), finding.text));
    findings.push_back(json::Object{{"weight", weight_text(finding.weight)}, {"text", finding.text}});
  }
  if (!unnamed.empty()) {
    lines.push_back(
        fmt::format("note: {} files are named by nothing any more; kip-server gc removes them", unnamed.size()));
  }
  lines.push_back(fmt::format("{} roles with {} targets were read through: {}.", report.roles, report.targets,
                              report.is_sound() ? "all is as it was signed" : "clients will fail"));
  context.print(lines, json::Object{{"sound", report.is_sound()},
                                    {"roles", static_cast<std::int64_t>(report.roles)},
                                    {"targets", static_cast<std::int64_t>(report.targets)},
                                    {"findings", std::move(findings)},
                                    {"unnamed", json::Array(unnamed.begin(), unnamed.end())}});
  if (report.is_sound()) return {};
  return fail(ErrorCode::integrity, fmt::format("the repository in {} is damaged", options.folder));
}

}  // namespace

void add_change_commands(CLI::App& repo, Context& context) {
  const auto options = std::make_shared<ChangeOptions>();
  const auto add = [&](const char* name, const char* help, Result<void> (*run)(Context&, const ChangeOptions&)) {
    CLI::App* command = repo.add_subcommand(name, help);
    command->callback([&context, options, run] { context.finish(run(context, *options)); });
    return command;
  };
  const auto add_for_folder = [&](const char* name, const char* help,
                                  Result<void> (*run)(Context&, const ChangeOptions&)) {
    CLI::App* command = add(name, help, run);
    command->add_option("--repo", options->folder, "The repository folder")->required();
    return command;
  };

  add_for_folder("delegate", "Stage a further product: a role of its own that the officers of targets sign", delegate)
      ->add_option("--product", options->product, "The product's name")
      ->required();
  add_for_folder("bins", "Stage hash bins, for files that are no releases", bins)
      ->add_option("--count", options->bins, "A power of two")
      ->required();
  CLI::App* add_file = add_for_folder("add-file", "Stage a file that is no release, in its hash bin", file);
  add_file->add_option("file", options->file, "The file")->required();
  add_file->add_option("--path", options->path, "Its path in the repository")->required();
  CLI::App* change_of_keys = add_for_folder("keys", "Stage who may sign, and how many must", keys);
  change_of_keys->add_option("--role", options->roles, "A role; once per role (default: every role of officers)");
  change_of_keys->add_option("--add", options->add, "FILE.pub of who may sign from now on");
  change_of_keys->add_option("--remove", options->remove, "FILE.pub of who may not any more");
  change_of_keys->add_option("--threshold", options->threshold, "How many must sign");
  add_for_folder("online", "Stage new keys of the server in the place of those before", online)
      ->add_option("file", options->file, "online-keys.json of the server")
      ->required();
  CLI::App* renewal = add_for_folder("renew", "Stage roles that expire soon anew, unchanged", renew_roles);
  renewal->add_option("--within", options->within_days, "Days from now (60)")->check(CLI::Range(0, 3650));
  renewal->add_flag("--all", options->all, "Every role, however long it is valid");
  add("fsck", "Read through a whole repository as it is served: signatures, hashes, expiry, every target", fsck)
      ->add_option("folder", options->folder, "The folder that holds metadata/ and targets/")
      ->required();
}

}  // namespace kip::cli
