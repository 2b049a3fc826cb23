#include <fmt/format.h>

#include <signing/ceremony/summary.hpp>
#include <signing/cli/delta_commands.hpp>
#include <signing/cli/interruption.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/delta_rebuild.hpp>
#include <signing/package/delta_writer.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/terminal/progress_bar.hpp>

namespace kip::cli {
namespace {

std::size_t count_patched(const Delta& delta) {
  std::size_t count = 0;
  for (const DeltaPatch& patch : delta.patches)
    count += patch.files.size();
  return count;
}

/// "forms-1.1.kpk" -> "forms-1.1.from-1.0.kpd"
std::filesystem::path delta_beside(const std::filesystem::path& package, const Version& from) {
  const bool named = package.extension() == ".kpk";
  const std::string stem = (named ? package.stem() : package.filename()).string();
  return package.parent_path() / fmt::format("{}.from-{}.kpd", stem, from.str());
}

/// As for a package: a bar on a terminal, and nothing is left behind where a signal ends it.
Result<WrittenDelta> write_with_progress(Context& context, const DeltaRequest& request) {
  const Interruption interruption;
  ProgressBar bar(context.clock);
  return write_delta(context.files, request, [&](std::uint64_t done, std::uint64_t total) {
    if (!context.json && total > 0) bar.show(done, total);
    return Interruption::check();
  });
}

json::Object subject_json(const DeltaSubject& subject) {
  return {{"product", subject.product.str()},
          {"from", json::Object{{"version", subject.from.version.str()}, {"manifest", subject.from.manifest.hex()}}},
          {"to", json::Object{{"version", subject.to.version.str()}, {"manifest", subject.to.manifest.hex()}}}};
}

}  // namespace

Result<std::vector<NamedPackage>> read_bases(Context& context, const std::vector<std::string>& bases,
                                             const ProductId& product, const Version& version) {
  std::vector<NamedPackage> out;
  std::vector<Version> seen = {version};
  for (const std::string& base : bases) {
    KIP_TRY(PackageManifest manifest, read_package_manifest(context.files, base));
    const PackageContent& content = manifest.content();
    if (content.product != product) {
      return fail(ErrorCode::usage, fmt::format("{} is a package of {}, a delta to {} needs an earlier one of {}", base,
                                                content.product.str(), version.str(), product.str()));
    }
    for (const Version& other : seen) {
      if (other != content.version) continue;
      return fail(ErrorCode::usage,
                  fmt::format("{} is version {}, {}", base, other.str(),
                              other == version ? "which is to be made: name packages of other versions"
                                               : "of which there is another one: name each version once"));
    }
    seen.push_back(content.version);
    out.push_back({base, std::move(manifest)});
  }
  return out;
}

Result<json::Array> make_deltas(Context& context, const NamedPackage& package, const std::vector<NamedPackage>& bases,
                                std::vector<std::string>& lines) {
  json::Array out;
  for (const NamedPackage& base : bases) {
    const auto path = delta_beside(package.path, base.manifest.content().version);
    auto written = write_with_progress(context, {base.path, package.path, path, &base.manifest, &package.manifest});
    if (!written) return fail_while(fmt::format("making the delta {}", path.string()), std::move(written).error());
    const Delta& delta = written->delta;
    lines.push_back(fmt::format("Delta   {} ({}): from {}, {} files patched, {} whole, {} copied.", path.string(),
                                format_size(written->file.size), delta.subject.from.version.str(), count_patched(delta),
                                delta.whole.size(), written->copied));
    json::Object item = subject_json(delta.subject);
    item["file"] = path.string();
    item["sha256"] = written->file.sha256.hex();
    item["size"] = static_cast<std::int64_t>(written->file.size);
    out.push_back(std::move(item));
  }
  return out;
}

Result<void> inspect_one_delta(Context& context, const std::string& path) {
  KIP_TRY(const InspectedDelta found, inspect_delta(context.files, path));
  const Delta& delta = found.delta;
  const DeltaSubject& subject = delta.subject;
  json::Object out = subject_json(subject);
  out["sha256"] = found.file.sha256.hex();
  out["size"] = static_cast<std::int64_t>(found.file.size);
  out["patched_files"] = static_cast<std::int64_t>(count_patched(delta));
  out["whole_files"] = static_cast<std::int64_t>(delta.whole.size());
  out["signature_checked"] = false;
  out["content_checked"] = false;
  context.print(
      {fmt::format("A delta of {}: from {} to {}", subject.product.str(), subject.from.version.str(),
                   subject.to.version.str()),
       fmt::format("    from    {}", subject.from.manifest.hex()),
       fmt::format("    to      {}", subject.to.manifest.hex()), fmt::format("    sha256  {}", found.file.sha256.hex()),
       fmt::format("    size    {} ({} bytes)", format_size(found.file.size), found.file.size),
       fmt::format("    patched {} files in {} patches, {}", count_patched(delta), delta.patches.size(),
                   format_size(found.patch_octets)),
       fmt::format("    whole   {} files, {}", delta.whole.size(), format_size(found.whole_octets)),
       "Its form is right. What it makes can be told only with the package that it leads from: kip package extract "
       "--base. A delta by itself has no signature: officers sign its hash in the repository."},
      std::move(out));
  return {};
}

Result<void> extract_one_delta(Context& context, const std::string& delta, const std::string& base,
                               const std::string& folder) {
  if (base.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("{} says only what changes; give the package that it leads from by --base", delta));
  }
  const auto attempt = [&] {
    const Interruption interruption;
    return extract_packed_delta(context.files, {delta, base}, folder, Interruption::check);
  };
  KIP_TRY(const PackageManifest manifest, attempt());
  const PackageContent& content = manifest.content();
  const std::string identity = manifest.identity(sha256).hex();
  context.print(
      {fmt::format("Made {} {} of {}: {} files ({}) in {}, safely on disk.", content.product.str(),
                   content.version.str(), base, content.files.size(), format_size(manifest.total_size()), folder),
       fmt::format("Package {}", identity),
       "Neither delta nor base were checked for signatures: officers sign hashes in the repository."},
      json::Object{{"manifest", identity},
                   {"product", content.product.str()},
                   {"version", content.version.str()},
                   {"files", std::ssize(content.files)},
                   {"unpacked_size", static_cast<std::int64_t>(manifest.total_size())},
                   {"signature_checked", false}});
  return {};
}

}  // namespace kip::cli
