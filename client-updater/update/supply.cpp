#include <fmt/format.h>

#include <client-updater/update/supply.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/package_reader.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0600;

bool is_passing(ErrorCode code) {
  return code == ErrorCode::disk_full || code == ErrorCode::network || code == ErrorCode::busy;
}

}  // namespace

void Supply::want(const ListedRelease& listed) {
  listed_ = listed;
  fetched_.reset();
}

Result<void> Supply::fetch() {
  KIP_CHECK(listed_.has_value());
  KIP_TRY(const std::optional<Way> way, find_delta());
  if (!way) return fetch_package();
  const auto done = fetch_delta(*way);
  if (done) return done;
  KIP_TRY_VOID(give_up(done.error()));
  return fetch_package();
}

Result<PackageManifest> Supply::unpack(const std::filesystem::path& directory, const Accept& accept) {
  KIP_CHECK(listed_.has_value());
  KIP_TRY(const std::optional<Way> way, find_delta());
  if (way) {
    KIP_TRY(std::optional<PackageManifest> made, unpack_delta(*way, directory, accept));
    if (made) return *std::move(made);
    KIP_TRY_VOID(fetch_package());
  }
  KIP_TRY(const DownloadRequest request, package_request(install_, listed_->package));
  KIP_TRY_VOID(files().remove_tree(directory));
  Result<void> accepted;
  auto unpacked = extract_package(files(), request.file, listed_->release.manifest, directory,
                                  {.accept = [&](const PackageManifest& manifest) {
                                    accepted = accept(manifest);
                                    if (accepted)
                                      narrator_.say(fmt::format("unpacking {} files", manifest.content().files.size()));
                                    return accepted;
                                  }});
  if (!accepted) return Unexpected(std::move(accepted).error());  // in its own words
  return unpacked;
}

Result<std::optional<Supply::Way>> Supply::find_delta() {
  const InstalledVersion* current = install_.state().current();
  if (current == nullptr || !listed_->delta) return std::optional<Way>();
  KIP_TRY(const DownloadRequest package, package_request(install_, listed_->package));
  // A package that is on its way goes on: it was begun before there was a delta, or the delta was given up.
  KIP_TRY(const bool is_begun, path_exists(files(), package.file));
  if (is_begun) return std::optional<Way>();
  const auto fitting = expect_fitting(*listed_->delta, current->target);
  if (!fitting) {
    KIP_TRY_VOID(give_up(fitting.error()));
    return std::optional<Way>();
  }
  KIP_TRY(DownloadRequest request, package_request(install_, *listed_->delta));
  if (request.length >= package.length) return std::optional<Way>();
  return std::optional<Way>(Way{std::move(request), current->target});
}

Result<void> Supply::expect_fitting(const tuf::TargetInfo& delta, const Target& current) const {
  KIP_TRY(const DeltaSubject subject, read_listed_delta(delta.path, delta.file.custom));
  KIP_TRY_VOID(package_request(install_, delta));
  const Release& release = listed_->release;
  const DeltaSubject expected{
      release.product, {current.version, current.manifest}, {release.version, release.manifest}};
  if (subject == expected) return {};
  return fail(ErrorCode::integrity,
              fmt::format("officers list {} for version {} with another manifest", delta.path, release.version.str()));
}

Result<void> Supply::fetch_delta(const Way& way) {
  KIP_TRY_VOID(keep_only(files(), layout().downloads(), way.request.file.filename().string()));
  narrator_.say(fmt::format("downloading what changes from version {} to {} ({} bytes, the package has {})",
                            way.from.version.str(), listed_->release.version.str(), way.request.length,
                            listed_->package.file.length));
  KIP_TRY_VOID(download(files(), install_.ports().http, way.request, narrator_.progress));
  fetched_ = Fetched{true, way.request.length};
  return {};
}

Result<void> Supply::fetch_package() {
  KIP_TRY(const DownloadRequest request, package_request(install_, listed_->package));
  KIP_TRY_VOID(keep_only(files(), layout().downloads(), request.file.filename().string()));
  narrator_.say(fmt::format("downloading version {} ({} bytes)", listed_->release.version.str(), request.length));
  KIP_TRY_VOID(download(files(), install_.ports().http, request, narrator_.progress));
  fetched_ = Fetched{false, request.length};
  return {};
}

Result<std::optional<PackageManifest>> Supply::unpack_delta(const Way& way, const std::filesystem::path& directory,
                                                            const Accept& accept) {
  bool is_accepted = true;
  const auto attempt = [&]() -> Result<PackageManifest> {
    KIP_TRY(const auto base, install_.manifests().find(way.from.manifest));
    const DeltaSource source{way.request.file, {layout().version(way.from), *base}, listed_->release.manifest};
    KIP_TRY_VOID(files().remove_tree(directory));
    const auto ask = [&](const PackageManifest& manifest) {
      auto accepted = accept(manifest);
      is_accepted = accepted.has_value();
      if (is_accepted)
        narrator_.say(fmt::format("making {} files out of version {} and what changes", manifest.content().files.size(),
                                  way.from.version.str()));
      return accepted;
    };
    return extract_delta(files(), source, directory, {.accept = ask});
  };
  auto made = attempt();
  if (made) return std::optional<PackageManifest>(*std::move(made));
  if (!is_accepted) return Unexpected(std::move(made).error());
  KIP_TRY_VOID(give_up(made.error()));
  return std::optional<PackageManifest>();
}

Result<void> Supply::give_up(const Error& error) {
  if (is_passing(error.code)) return Unexpected(error);
  narrator_.say(error.code == ErrorCode::not_found
                    ? std::string("what changes is not to be had here, so the whole package is taken")
                    : fmt::format("what changes could not be used, so the whole package is taken: {}", error.message));
  // The fault of this disk, and perhaps of this moment: what changes may do the next time.
  if (error.code == ErrorCode::storage || error.code == ErrorCode::denied) return {};
  // The beginning of the package, still empty, tells later runs.
  KIP_TRY(const DownloadRequest request, package_request(install_, listed_->package));
  KIP_TRY(const auto output, files().open_output(request.file, OutputMode::append, kOwnerOnly));
  return output->close();
}

}  // namespace kip::updater
