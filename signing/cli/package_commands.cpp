#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/model/delta.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/delta_commands.hpp>
#include <signing/cli/interruption.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/terminal/progress_bar.hpp>

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
  std::vector<std::string> from;
  std::string base;
};

/// A bar on a terminal; nothing is left behind where a signal ends it.
Result<WrittenPackage> write_with_progress(Context& context, const PackRequest& request) {
  std::optional<Interruption> interruption;
  ProgressBar bar(context.clock);
  return write_package(context.files, request, [&](std::uint64_t done, std::uint64_t total) {
    if (!interruption) interruption.emplace();  // until here a signal may end us as it likes
    if (!context.json) bar.show(done, total);
    return Interruption::check();
  });
}

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
  KIP_TRY(const auto bases, read_bases(context, options.from, product, version));
  const std::string output =
      options.output.empty() ? fmt::format("{}-{}.kpk", product.str(), version.str()) : options.output;
  const PackRequest request{options.folder, output, std::move(product), std::move(version), std::move(description)};
  KIP_TRY(const WrittenPackage written, write_with_progress(context, request));
  std::vector<std::string> lines = {
      fmt::format("Packed {} files ({}) into {} ({}).", written.manifest.content().files.size(),
                  format_size(written.manifest.total_size()), output, format_size(written.size)),
      fmt::format("Package {}", written.identity.hex()), fmt::format("sha256  {}", written.sha256.hex())};
  json::Object value{{"file", output},
                     {"manifest", written.identity.hex()},
                     {"sha256", written.sha256.hex()},
                     {"size", static_cast<std::int64_t>(written.size)}};
  if (!options.from.empty()) {
    KIP_TRY(value["deltas"], make_deltas(context, {output, written.manifest}, bases, lines));
  }
  context.print(lines, std::move(value));
  return {};
}

/// Deltas to a package that is there already.
Result<void> delta(Context& context, const PackageOptions& options) {
  KIP_TRY(PackageManifest manifest, read_package_manifest(context.files, options.package));
  const NamedPackage package{options.package, std::move(manifest)};
  const PackageContent& content = package.manifest.content();
  KIP_TRY(const auto bases, read_bases(context, options.from, content.product, content.version));
  std::vector<std::string> lines;
  KIP_TRY(json::Array deltas, make_deltas(context, package, bases, lines));
  context.print(lines, json::Object{{"file", options.package}, {"deltas", std::move(deltas)}});
  return {};
}

/// Never left out: a package that is well-formed is no proof of anything.
constexpr std::string_view kUnsigned =
    "A package by itself has no signature, so that this says nothing about who made it: officers sign its hash in the "
    "repository.";

std::vector<std::string> describe(const InspectedPackage& package) {
  const PackageManifest& manifest = package.manifest;
  const PackageContent& content = manifest.content();
  const auto count = [&content](auto quality) {
    return std::count_if(content.files.begin(), content.files.end(), quality);
  };
  const auto editable = count([](const PackageFile& file) { return file.kind == PackageFileKind::editable; });
  const auto executable = count([](const PackageFile& file) { return file.executable; });
  const PackageSubject& subject = content.subject;
  std::vector<std::string> from;
  for (const Version& version : subject.from_versions)
    from.push_back(version.str());
  const auto or_else = [](const std::vector<std::string>& list, std::string_view none) {
    return list.empty() ? std::string(none) : fmt::format("{}", fmt::join(list, ", "));
  };
  std::vector<std::string> lines = {
      fmt::format("{} {}", content.product.str(), content.version.str()),
      fmt::format("    package {}", manifest.identity(sha256).hex()),
      fmt::format("    sha256  {}", package.file.sha256.hex()),
      fmt::format("    size    {} ({} bytes)", format_size(package.file.size), package.file.size),
      fmt::format("    files   {}, {} unpacked: {} managed, {} editable, {} executable", content.files.size(),
                  format_size(manifest.total_size()), std::ssize(content.files) - editable, editable, executable),
      fmt::format("    serves  {}", or_else(subject.acts, "no act")),
      fmt::format("    follows {}", or_else(from, "any release"))};
  const std::vector<std::string> more = describe_subject(subject);
  lines.insert(lines.end(), more.begin(), more.end());
  for (const auto& [language, text] : subject.notes)
    lines.push_back(fmt::format("    note [{}] {}", language, set_off(text)));
  for (const PackageFile& file : content.files) {
    lines.push_back(fmt::format("{:>10}  {}  {}{}{}", file.size, file.sha256.hex(), printable_line(file.path.str()),
                                file.kind == PackageFileKind::editable ? "  (editable)" : "",
                                file.executable ? "  (executable)" : ""));
  }
  lines.push_back(fmt::format("All of it was read and is what its manifest says. {}", kUnsigned));
  return lines;
}

Result<void> inspect(Context& context, const PackageOptions& options) {
  if (is_delta_path(options.package)) return inspect_one_delta(context, options.package);
  KIP_TRY(const InspectedPackage package, inspect_package(context.files, options.package));
  KIP_TRY(json::Value content, json::parse(package.manifest.bytes()));
  context.print(describe(package),
                json::Object{{"manifest", package.manifest.identity(sha256).hex()},
                             {"sha256", package.file.sha256.hex()},
                             {"size", static_cast<std::int64_t>(package.file.size)},
                             {"unpacked_size", static_cast<std::int64_t>(package.manifest.total_size())},
                             {"signature_checked", false},
                             {"content", std::move(content)}});
  return {};
}

Result<void> extract(Context& context, const PackageOptions& options) {
  if (is_delta_path(options.package)) {
    return extract_one_delta(context, options.package, options.base, options.output);
  }
  if (!options.base.empty()) {
    return fail(ErrorCode::usage, fmt::format("{} is no .kpd: a package needs no --base", options.package));
  }
  const auto attempt = [&] {
    const Interruption interruption;
    return extract_package_durably(context.files, options.package, options.output, Interruption::check);
  };
  KIP_TRY(const PackageManifest manifest, attempt());
  const PackageContent& content = manifest.content();
  context.print(
      {fmt::format("Unpacked {} {}: {} files ({}) into {}, safely on disk.", content.product.str(),
                   content.version.str(), content.files.size(), format_size(manifest.total_size()), options.output),
       fmt::format("Package {}", manifest.identity(sha256).hex()), std::string(kUnsigned)},
      json::Object{{"manifest", manifest.identity(sha256).hex()},
                   {"product", content.product.str()},
                   {"version", content.version.str()},
                   {"files", std::ssize(content.files)},
                   {"unpacked_size", static_cast<std::int64_t>(manifest.total_size())},
                   {"signature_checked", false}});
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
  make->add_option(
      "--from", options->from,
      "An earlier package: makes the delta from it as well, as PRODUCT-VERSION.from-OLDVERSION.kpd; may be "
      "repeated");
  make->callback([&context, options] { context.finish(pack(context, *options)); });

  CLI::App* package = app.add_subcommand("package", "Look into packages and deltas");
  package->footer("These need no key and no repository. " + std::string(kUnsigned));
  package->require_subcommand(1);
  CLI::App* look = package->add_subcommand("inspect", "Check all of a package, write nothing, and tell what is in it");
  look->add_option("file", options->package, "FILE.kpk, or a FILE.kpd")->required();
  look->footer(std::string(kUnsigned));
  look->callback([&context, options] { context.finish(inspect(context, *options)); });
  CLI::App* unpack = package->add_subcommand("extract", "Check all of a package and unpack it; on any fault, nothing");
  unpack->add_option("file", options->package, "FILE.kpk, or FILE.kpd with --base")->required();
  unpack->add_option("--base", options->base, "The package that a delta leads from");
  unpack->add_option("--to", options->output, "The folder to make; one that exists must be empty")->required();
  unpack->footer(std::string(kUnsigned));
  unpack->callback([&context, options] { context.finish(extract(context, *options)); });
  CLI::App* differ = package->add_subcommand("delta", "Make deltas to a package from earlier ones, beside it");
  differ->add_option("file", options->package, "FILE.kpk of the later version")->required();
  differ->add_option("--from", options->from, "FILE.kpk of an earlier version; may be repeated")->required();
  differ->callback([&context, options] { context.finish(delta(context, *options)); });
}

}  // namespace kip::cli
