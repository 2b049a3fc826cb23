#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <manifests/model/package_manifest.hpp>
#include <signing/cli/context.hpp>

namespace kip::cli {

/// A package, and what it says it is.
struct NamedPackage {
  std::filesystem::path path;
  PackageManifest manifest;
};

/// The packages of earlier versions that deltas are to lead from. Errors: usage where one is of another product, of the
/// version itself, or two are of one version; those of the packages.
Result<std::vector<NamedPackage>> read_bases(Context& context, const std::vector<std::string>& bases,
                                             const ProductId& product, const Version& version);

/// Makes a delta from each of these packages to `package`, as NAME.from-VERSION.kpd beside it, and prints what was
/// made. Returns what is to be said of them to machines.
Result<json::Array> make_deltas(Context& context, const NamedPackage& package, const std::vector<NamedPackage>& bases,
                                std::vector<std::string>& lines);

/// Tells what a delta is.
Result<void> inspect_one_delta(Context& context, const std::string& delta);

/// Makes the version of a delta out of a base package.
Result<void> extract_one_delta(Context& context, const std::string& delta, const std::string& base,
                               const std::string& folder);

}  // namespace kip::cli
