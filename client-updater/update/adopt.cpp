#include <fmt/format.h>

#include <client-updater/update/adopt.hpp>
#include <client-updater/update/apply.hpp>
#include <client-updater/update/audit.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/package/package_reader.hpp>

namespace kip::updater {
namespace {

/// So many packages are fetched at most.
constexpr std::size_t kMaxTried = 100;

/// What would say of a folder that a release is not there: expected, and no failure.
bool differs(const Error& error) {
  return error.code == ErrorCode::integrity;
}

class Adoption {
 public:
  Adoption(Install& install, const Narrator& narrator) : install_(install), narrator_(narrator) {}

  /// Whether that release is what the folder holds. Its content is then complete in staging.
  Result<bool> is_there(const ListedRelease& listed) {
    const Target target = target_of(listed);
    KIP_TRY(const DownloadRequest request, package_request(install_, listed.package));
    KIP_TRY_VOID(keep_only(files(), layout().downloads(), request.file.filename().string()));
    narrator_.say(fmt::format("comparing the folder with version {}", target.version.str()));
    KIP_TRY_VOID(download(files(), install_.ports().http, request, narrator_.progress));
    const std::filesystem::path staging = layout().staging() / Layout::directory_name(target);
    KIP_TRY_VOID(files().remove_tree(staging));
    KIP_TRY(const PackageManifest manifest, extract_package(files(), request.file, target.manifest, staging));
    const auto same = verify_version(files(), layout().app(), manifest, EditableFiles::may_be_missing);
    if (!same && !differs(same.error())) return Unexpected(same.error());
    if (!same) {
      narrator_.say(fmt::format("version {} is not there whole: {}", target.version.str(), same.error().message));
      return false;
    }
    KIP_TRY_VOID(install_.manifests().add(manifest));
    return true;
  }

  /// Makes it the version in use. What comes before the record is cleared away by the next run if that never came.
  Result<Target> take(const ListedRelease& listed) {
    const Target target = target_of(listed);
    KIP_TRY_VOID(files().sync_tree(layout().staging()));
    KIP_TRY_VOID(move_into_place(files(), layout(), target));
    const Instant now = install_.ports().clock.now();
    State next = install_.state();
    next.versions.push_back({.target = target, .committed_at = now, .confirmed_at = now, .current = true});
    KIP_TRY_VOID(install_.save(std::move(next),
                               Report{InstallState::already_installed, target, "found in the folder by its files"}));
    return target;
  }

 private:
  static Target target_of(const ListedRelease& listed) { return {listed.release.version, listed.release.manifest}; }
  FileSystem& files() { return install_.ports().files; }
  const Layout& layout() const { return install_.layout(); }

  Install& install_;
  const Narrator& narrator_;
};

/// Contents were compared; rights may have been lost on the way into the folder.
Result<void> tell_what_differs(Install& install, const Narrator& narrator) {
  KIP_TRY(const AuditResult found, audit(install, narrator, false));
  if (found.damaged() > 0) {
    narrator.say(
        fmt::format("{} of its files have other rights than the vendor gave them, or are missing: "
                    "`kip-updater audit --repair` puts them right",
                    found.damaged()));
  }
  return {};
}

}  // namespace

Result<std::optional<Target>> adopt(Install& install, const Narrator& narrator) {
  Applier applier(install, narrator);
  KIP_TRY_VOID(applier.recover());
  if (install.layout().kind() != LayoutKind::in_place) {
    return fail(ErrorCode::conflict, "only an in-place install can adopt what is in its folder");
  }
  if (const InstalledVersion* current = install.state().current()) {
    return fail(ErrorCode::conflict,
                fmt::format("version {} is in use here: there is nothing to adopt", current->target.version.str()));
  }
  KIP_TRY(const std::vector<ListedRelease> releases, list_releases(install));
  Adoption adoption(install, narrator);
  std::optional<Target> adopted;
  for (std::size_t index = 0; index < std::min(releases.size(), kMaxTried) && !adopted; ++index) {
    KIP_TRY(const bool is_there, adoption.is_there(releases[index]));
    if (is_there) {
      KIP_TRY(adopted, adoption.take(releases[index]));
    }
  }
  // Clears away what was fetched to compare.
  KIP_TRY_VOID(keep_only(install.ports().files, install.layout().downloads(), ""));
  KIP_TRY_VOID(applier.recover());
  if (adopted) KIP_TRY_VOID(tell_what_differs(install, narrator));
  return adopted;
}

}  // namespace kip::updater
