#pragma once

#include <functional>
#include <optional>

#include <client-updater/update/narrator.hpp>
#include <client-updater/update/repository.hpp>
#include <manifests/model/delta.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// What came over the network for a version.
struct Fetched {
  bool by_delta = false;  ///< out of the version in use and what changes; else the whole package
  std::uint64_t octets = 0;

  bool operator==(const Fetched&) const = default;
};

/// Brings the content of a release here: by a delta from the version in use, where officers list one and it is smaller,
/// else by its package. A delta that fails in any way but for a full disk or an unreachable vendor is given up once and
/// for all, also for later runs: the package takes its place. Each call may be repeated after an interruption at any
/// point. Not thread-safe; what is referred to must outlive it.
class Supply {
 public:
  /// Asked whether a version may be unpacked, once its manifest is known; a failure ends the attempt.
  using Accept = std::function<Result<void>(const PackageManifest&)>;

  Supply(Install& install, const Narrator& narrator) : install_(install), narrator_(narrator) {}

  void want(const ListedRelease& listed);
  /// Downloads what is missing. Errors: those of download() for the package, or of a full disk or unreachable vendor.
  Result<void> fetch();
  /// Unpacks what was fetched into that directory, whatever is there. Errors: those of `accept`, and of the package.
  Result<PackageManifest> unpack(const std::filesystem::path& directory, const Accept& accept);

  /// How the last fetch() or unpack() came by its content.
  const std::optional<Fetched>& fetched() const { return fetched_; }

 private:
  struct Way {
    DownloadRequest request;
    Target from;
  };

  /// The delta to be used, if any.
  Result<std::optional<Way>> find_delta();
  Result<void> expect_fitting(const tuf::TargetInfo& delta, const Target& current) const;
  Result<void> fetch_delta(const Way& way);
  Result<void> fetch_package();
  /// Nothing where the delta was of no use and was given up.
  Result<std::optional<PackageManifest>> unpack_delta(const Way& way, const std::filesystem::path& directory,
                                                      const Accept& accept);
  /// Passes on what another way would not help against.
  Result<void> give_up(const Error& error);

  FileSystem& files() const { return install_.ports().files; }
  const Layout& layout() const { return install_.layout(); }

  Install& install_;
  const Narrator& narrator_;
  std::optional<ListedRelease> listed_;
  std::optional<Fetched> fetched_;
};

}  // namespace kip::updater
