#include <set>

#include <signing/package/delta_reader.hpp>
#include <signing/package/delta_rebuild.hpp>
#include <signing/package/package_reader.hpp>

#include "scratch.hpp"

namespace kip {
namespace {

constexpr const char* kBase = "base";

}  // namespace

Result<PackageManifest> verify_packed_delta(FileSystem& files, const PackedDelta& source,
                                            const std::function<Result<void>()>& proceed) {
  Scratch scratch(files, Scratch::beside(source.delta));
  KIP_TRY_VOID(scratch.prepare());
  KIP_TRY(const InspectedDelta delta, inspect_delta(files, source.delta));
  std::set<std::size_t> needed;
  for (const DeltaPatch& patch : delta.delta.patches)
    needed.insert(patch.base.begin(), patch.base.end());
  std::size_t place = 0;  // of the file that is asked about: they come in the order of the manifest
  const auto wanted = [&](const PackageFile&) -> Result<bool> {
    KIP_TRY_VOID(proceed());
    return needed.contains(place++);
  };
  KIP_TRY(const PackageManifest base, extract_some(files, source.base, files, scratch / kBase, {wanted}));
  return verify_delta(files, {source.delta, {scratch / kBase, base}, source.identity}, proceed);
}

Result<PackageManifest> extract_packed_delta(FileSystem& files, const PackedDelta& source,
                                             const std::filesystem::path& folder,
                                             const std::function<Result<void>()>& proceed) {
  Scratch scratch(files, Scratch::beside(folder));
  KIP_TRY_VOID(scratch.prepare());
  KIP_TRY(const PackageManifest base,
          extract_package(files, source.base, std::nullopt, scratch / kBase, {.proceed = proceed}));
  return extract_delta_durably(files, {source.delta, {scratch / kBase, base}, source.identity}, folder, proceed);
}

}  // namespace kip
