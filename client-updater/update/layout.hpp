#pragma once

#include <filesystem>
#include <string>

#include <client-updater/update/state.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// Where things lie below the folder of one install. A value.
///
///     app/current                      pointer to the version in use: what programs read from
///     app/versions/VERSION-DIGEST8/    one complete version each
///     state/                           the updater's own, for its user only
///
/// and of an in-place one:
///
///     app/ or another folder           the files of the version in use
///     app/.kip/                        a switch that is under way
///     state/versions/VERSION-DIGEST8/  one complete version each
///
/// and in both, where the updater has brought itself up to date:
///
///     updater/                         the same for its own versions, without metadata
///
/// Versions and staging are on one file system, so that a rename moves a staged version into place.
/// Format: docs/formats/install-folder.md
class Layout {
 public:
  /// In an in-place install, the folder that holds a switch under way.
  static constexpr std::string_view kJournalFolder = PackageManifest::kUpdatersFolder;
  // Of `kip-updater launch`, directly below the root.
  static constexpr std::string_view kLaunchLock = "launch.lock";
  static constexpr std::string_view kLaunchGuard = "launch.guard";

  explicit Layout(std::filesystem::path root) : root_(std::move(root)) {}
  /// `app_folder`: empty for "app" below the root.
  Layout(std::filesystem::path root, LayoutKind kind, std::filesystem::path app_folder);
  Layout(std::filesystem::path root, const Enrolment& enrolment)
      : Layout(std::move(root), enrolment.layout, enrolment.app_folder) {}

  /// Of the updater's own versions, which lie in a folder of an install and share its metadata.
  static Layout of_updater(const Layout& install);

  LayoutKind kind() const { return kind_; }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path app() const { return app_.empty() ? root_ / "app" : app_; }
  std::filesystem::path pointer() const { return app() / "current"; }
  std::filesystem::path versions() const;
  std::filesystem::path journal_folder() const { return app() / kJournalFolder; }
  std::filesystem::path journal() const { return journal_folder() / "journal.json"; }
  /// The journal before it counts.
  std::filesystem::path prepared_journal() const { return journal_folder() / "prepared.json"; }
  std::filesystem::path version(const Target& target) const { return versions() / directory_name(target); }
  /// Where programs read a version that is in use.
  std::filesystem::path tree(const Target& target) const {
    return kind_ == LayoutKind::in_place ? app() : version(target);
  }
  /// What the pointer holds for a version: relative, so that the whole folder can be moved.
  std::filesystem::path pointer_value(const Target& target) const;

  std::filesystem::path state() const { return root_ / "state"; }
  std::filesystem::path database() const { return state() / "updater.sqlite"; }
  std::filesystem::path install_key() const { return state() / "install.key"; }
  /// A key that is to take its place, until the server has recorded it.
  std::filesystem::path next_install_key() const { return state() / "install.key.next"; }
  /// Which keys have followed each other, as the server has recorded it.
  std::filesystem::path kept_rotations() const { return state() / "install.key.rotations"; }
  std::filesystem::path lock() const { return state() / "lock"; }
  std::filesystem::path metadata() const { return metadata_.empty() ? state() / "tuf" : metadata_; }
  std::filesystem::path rollout() const { return state() / "rollout.json"; }
  std::filesystem::path downloads() const { return state() / "downloads"; }
  /// `ending`: ".kpk" or ".kpd".
  std::filesystem::path download(const Sha256Digest& file, std::string_view ending) const {
    return downloads() / (file.hex() + std::string(ending));
  }
  /// Of the administrator, who may write none.
  std::filesystem::path settings() const { return root_ / "kip-updater.toml"; }
  std::filesystem::path launch_lock() const { return root_ / kLaunchLock; }
  std::filesystem::path launch_guard() const { return root_ / kLaunchGuard; }
  /// Snapshots of databases, and the plan that speaks of them.
  std::filesystem::path databases() const { return state() / "databases"; }
  std::filesystem::path migration_plan() const { return databases() / "plan.json"; }
  std::filesystem::path snapshot(std::size_t number) const {
    return databases() / (std::to_string(number) + ".snapshot");
  }
  /// Stands while the application is stopped by a hook.
  std::filesystem::path quiesced() const { return state() / "quiesced"; }
  /// Which version of the updater is to be started.
  std::filesystem::path start_choice() const { return root_ / "start.json"; }
  std::filesystem::path rehearsal() const { return state() / "rehearsal"; }
  std::filesystem::path staging() const { return state() / "staging"; }
  std::filesystem::path manifests() const { return state() / "manifests"; }
  std::filesystem::path manifest(const Sha256Digest& identity) const {
    return manifests() / (identity.hex() + ".json");
  }

  /// "1.0-0a1b2c3d": the version and the first eight digits of its manifest's digest.
  static std::string directory_name(const Target& target);

 private:
  std::filesystem::path root_;
  LayoutKind kind_ = LayoutKind::versioned;
  std::filesystem::path app_;       ///< where it is not below the root
  std::filesystem::path metadata_;  ///< where it is that of another layout
};

}  // namespace kip::updater
