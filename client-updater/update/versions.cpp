#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <client-updater/update/versions.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0755;
constexpr unsigned kFileForAll = 0644;
constexpr unsigned kOwnerOnly = 0700;
constexpr std::size_t kNamed = 5;
constexpr std::string_view kMissing = "missing";

/// Collects the files at fault for one message.
class Faults {
 public:
  void add(const PackageFile& file, std::string_view what) {
    if (++count_ <= kNamed) names_ += fmt::format("{}{} ({})", names_.empty() ? "" : ", ", file.path.str(), what);
  }
  Result<void> finish(const std::filesystem::path& directory) const {
    if (count_ == 0) return {};
    return fail(ErrorCode::integrity, fmt::format("the version in {} is damaged, {} of its files are at fault: {}{}",
                                                  directory.string(), count_, names_, count_ > kNamed ? ", …" : ""));
  }

 private:
  std::size_t count_ = 0;
  std::string names_;
};

template <class Check>
Result<void> check_files(const std::filesystem::path& directory, const PackageManifest& manifest, Check&& check) {
  Faults faults;
  for (const PackageFile& file : manifest.content().files) {
    KIP_TRY(const std::string_view fault, check(directory / file.path.str(), file));
    if (!fault.empty()) faults.add(file, fault);
  }
  return faults.finish(directory);
}

/// Empty where the file is there with its size. Editable files may have any.
Result<std::string_view> fault_at_a_glance(FileSystem& files, const std::filesystem::path& path,
                                           const PackageFile& file) {
  const auto status = files.status(path);
  if (!status && (status.error().code == ErrorCode::not_found || status.error().code == ErrorCode::conflict)) {
    return kMissing;
  }
  if (!status) return Unexpected(status.error());
  if (status->kind != FileKind::file) return std::string_view("no file");
  const bool sized = file.kind == PackageFileKind::editable || status->size == file.size;
  return std::string_view(sized ? "" : "another size");
}

Result<std::string_view> fault_of(FileSystem& files, const std::filesystem::path& path, const PackageFile& file) {
  KIP_TRY(const std::string_view fault, fault_at_a_glance(files, path, file));
  if (!fault.empty() || file.kind == PackageFileKind::editable) return fault;
  KIP_TRY(const FileDigest found, digest_file(files, path));
  return std::string_view(found.sha256 == file.sha256 ? "" : "another content");
}

Result<void> remove_unknown(FileSystem& files, const std::filesystem::path& directory,
                            const std::set<std::string>& known) {
  KIP_TRY(const auto names, files.list_directory(directory));
  for (const std::string& name : names) {
    if (!known.contains(name)) KIP_TRY_VOID(files.remove_tree(directory / name));
  }
  return {};
}

}  // namespace

Result<void> make_layout(FileSystem& files, const Layout& layout) {
  KIP_TRY_VOID(make_directories(files, layout.root(), kForAll));
  KIP_TRY_VOID(make_directories(files, layout.app(), kForAll));
  KIP_TRY_VOID(make_directories(files, layout.state(), kOwnerOnly));
  KIP_TRY_VOID(make_directories(files, layout.versions(), kForAll));
  for (const auto& directory : {layout.metadata(), layout.downloads(), layout.staging(), layout.manifests()}) {
    KIP_TRY_VOID(make_directories(files, directory, kOwnerOnly));
  }
  KIP_TRY(const bool has_lock, path_exists(files, layout.launch_lock()));
  if (!has_lock) KIP_TRY_VOID(replace_file(files, layout.launch_lock(), "", kFileForAll));
  // From the parent on, so that the folder's own name is durable too.
  auto synced = files.sync_tree(directory_of(layout.root()));
  if (!synced && synced.error().code == ErrorCode::denied) return files.sync_tree(layout.root());
  return synced;
}

Result<void> expect_room(FileSystem& files, const std::filesystem::path& folder, std::uint64_t octets,
                         std::string_view doing) {
  KIP_TRY(const std::uint64_t room, files.free_space(folder));
  if (room >= octets) return {};
  return fail(ErrorCode::disk_full, fmt::format("{} needs {} bytes, {} are free at {}; free some space and try again",
                                                doing, octets, room, folder.string()));
}

Result<void> verify_version(FileSystem& files, const std::filesystem::path& directory, const PackageManifest& manifest,
                            EditableFiles editable) {
  const auto check = [&](const std::filesystem::path& path, const PackageFile& file) -> Result<std::string_view> {
    KIP_TRY(const std::string_view fault, fault_of(files, path, file));
    const bool is_removed = file.kind == PackageFileKind::editable && fault == kMissing;
    return is_removed && editable == EditableFiles::may_be_missing ? std::string_view() : fault;
  };
  return check_files(directory, manifest, check);
}

Result<void> look_over_version(FileSystem& files, const std::filesystem::path& directory,
                               const PackageManifest& manifest) {
  return check_files(directory, manifest, [&](const std::filesystem::path& path, const PackageFile& file) {
    return fault_at_a_glance(files, path, file);
  });
}

Result<void> expect_plain_parents(FileSystem& files, const std::filesystem::path& root, const SafeRelativePath& path) {
  std::filesystem::path directory = root;
  for (const auto& part : std::filesystem::path(path.str()).parent_path()) {
    directory /= part;
    const auto status = files.status(directory);
    if (!status && status.error().code == ErrorCode::not_found) return {};
    if (!status) return Unexpected(status.error());
    if (status->kind != FileKind::directory) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} is no directory, but the version has files in one of that name; move it away and try "
                              "again",
                              directory.string()));
    }
  }
  return {};
}

Result<std::optional<std::filesystem::path>> read_current(FileSystem& files, const Layout& layout) {
  auto value = files.read_pointer(layout.pointer());
  if (value) return std::optional<std::filesystem::path>(*std::move(value));
  if (value.error().code == ErrorCode::not_found) return std::optional<std::filesystem::path>();
  return Unexpected(std::move(value).error());
}

Result<void> move_into_place(FileSystem& files, const Layout& layout, const Target& target) {
  const auto staged = layout.staging() / Layout::directory_name(target);
  const auto place = layout.version(target);
  KIP_TRY(const bool is_staged, path_exists(files, staged));
  KIP_TRY(const bool is_in_place, path_exists(files, place));
  if (is_staged) {
    if (is_in_place) KIP_TRY_VOID(files.remove_tree(place));
    KIP_TRY_VOID(files.rename(staged, place));
  } else if (!is_in_place) {
    return fail(ErrorCode::not_found, fmt::format("there is no version in {}", place.string()));
  }
  return files.sync_directory(layout.versions());
}

Result<void> remove_leftovers(FileSystem& files, const Layout& layout, const std::vector<Target>& known) {
  std::set<std::string> directories;
  std::set<std::string> manifests;
  for (const Target& target : known) {
    directories.insert(Layout::directory_name(target));
    manifests.insert(layout.manifest(target.manifest).filename().string());
  }
  KIP_TRY_VOID(remove_unknown(files, layout.staging(), {}));
  KIP_TRY_VOID(remove_unknown(files, layout.versions(), directories));
  return remove_unknown(files, layout.manifests(), manifests);
}

Result<void> keep_only(FileSystem& files, const std::filesystem::path& directory, const std::string& name) {
  return remove_unknown(files, directory, {name});
}

}  // namespace kip::updater
