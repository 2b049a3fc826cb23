#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/ceremony/summary.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>

namespace kip::cli {
namespace {

struct PackageOptions {
  std::string folder;
  std::string product;
  std::string version;
  std::string description;
  std::vector<std::string> acts;
  std::string output;
  std::string package;
};

Result<void> pack(Context& context, const PackageOptions& options) {
  KIP_TRY(ProductId product, ProductId::parse(options.product));
  KIP_TRY(Version version, Version::parse(options.version));
  PackDescription description;
  if (!options.description.empty()) {
    KIP_TRY(const Bytes bytes,
            read_file(context.files, options.description, PackDescription::kMaxBytes, Links::follow));
    auto parsed = parse_pack_description(bytes);
    if (!parsed) return fail_while(options.description, std::move(parsed).error());
    description = *std::move(parsed);
  }
  for (const std::string& act : options.acts) {
    KIP_TRY(std::string checked, parse_act_text(act));
    description.subject.acts.push_back(std::move(checked));
  }
  const std::string output =
      options.output.empty() ? fmt::format("{}-{}.kpk", product.str(), version.str()) : options.output;
  KIP_TRY(const WrittenPackage written, write_package(context.files, {options.folder, output, std::move(product),
                                                                      std::move(version), std::move(description)}));
  context.print({fmt::format("Packed {} files ({}) into {} ({}).", written.manifest.content().files.size(),
                             format_size(written.manifest.total_size()), output, format_size(written.size)),
                 fmt::format("Package {}", written.identity.hex()), fmt::format("sha256  {}", written.sha256.hex())},
                json::Object{{"file", output},
                             {"manifest", written.identity.hex()},
                             {"sha256", written.sha256.hex()},
                             {"size", static_cast<std::int64_t>(written.size)}});
  return {};
}

Result<void> inspect(Context& context, const PackageOptions& options) {
  KIP_TRY(const PackageManifest manifest, verify_package(context.files, options.package, std::nullopt));
  const PackageContent& content = manifest.content();
  std::vector<std::string> lines = {fmt::format("{} {}", content.product.str(), content.version.str()),
                                    fmt::format("package {}", manifest.identity(sha256).hex())};
  for (const std::string& act : content.subject.acts)
    lines.push_back("serves " + act);
  for (const PackageForm& form : content.subject.forms) {
    lines.push_back(fmt::format("form {} schema {} for periods {} to {}", form.code, form.schema_version,
                                format_date(form.period_from), form.period_to ? format_date(*form.period_to) : "open"));
  }
  for (const PackageFile& file : content.files) {
    lines.push_back(fmt::format("{:>10}  {}  {}{}", file.size, file.sha256.hex(), file.path.str(),
                                file.kind == PackageFileKind::editable ? "  (editable)" : ""));
  }
  KIP_TRY(const json::Value value, json::parse(manifest.bytes()));
  context.print(lines, value);
  return {};
}

Result<void> extract(Context& context, const PackageOptions& options) {
  KIP_TRY(const PackageManifest manifest,
          extract_package(context.files, options.package, std::nullopt, options.output));
  KIP_TRY_VOID(context.files.sync_tree(options.output));
  context.print({fmt::format("Unpacked {} files into {}. Nobody's signature was checked.",
                             manifest.content().files.size(), options.output)},
                json::Object{{"files", static_cast<std::int64_t>(manifest.content().files.size())}});
  return {};
}

}  // namespace

void add_package_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PackageOptions>();
  CLI::App* make = app.add_subcommand("pack", "Make a package of a folder; equal folders give equal bytes");
  make->add_option("folder", options->folder, "The folder")->required();
  make->add_option("--product", options->product, "The product's name")->required();
  make->add_option("--version", options->version, "The release's version, as 2026.1")->required();
  make->add_option("--description", options->description,
                   "kip.pack/1: forms with their periods, acts, editable files, notes");
  make->add_option("--act", options->acts,
                   "An act that the release serves, as BTC:99/2025/TT-BTC:2025; may be repeated");
  make->add_option("--out", options->output, "Where to write it (PRODUCT-VERSION.kpk)");
  make->callback([&context, options] { context.finish(pack(context, *options)); });

  CLI::App* package = app.add_subcommand("package", "Look into a package");
  package->require_subcommand(1);
  CLI::App* look = package->add_subcommand("inspect", "Check all of a package and list what is in it");
  look->add_option("file", options->package, "FILE.kpk")->required();
  look->callback([&context, options] { context.finish(inspect(context, *options)); });
  CLI::App* unpack = package->add_subcommand("extract", "Check a package and unpack it into a new folder");
  unpack->add_option("file", options->package, "FILE.kpk")->required();
  unpack->add_option("--to", options->output, "The folder to make")->required();
  unpack->callback([&context, options] { context.finish(extract(context, *options)); });
}

}  // namespace kip::cli
