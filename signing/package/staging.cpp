#include "staging.hpp"

#include <fmt/format.h>

namespace kip {
namespace {

constexpr unsigned kDirectoryMode = 0755;

}  // namespace

Result<Staging> Staging::prepare(FileSystem& files, const std::filesystem::path& staging) {
  // "DIR/" is DIR: what is removed again is named by the last component.
  const auto root = staging.has_filename() ? staging : staging.parent_path();
  const auto made = files.make_directory(root, kDirectoryMode);
  if (made) return Staging(files, root, true);
  if (made.error().code != ErrorCode::conflict) return Unexpected(made.error());
  KIP_TRY(const FileStatus status, files.status(root));
  if (status.kind == FileKind::directory) {
    KIP_TRY(const auto names, files.list_directory(root));
    if (names.empty()) return Staging(files, root, false);
  }
  return fail(ErrorCode::conflict, fmt::format("unpacking into {}: it is not an empty directory; remove it or "
                                               "choose another one",
                                               root.string()));
}

Result<std::unique_ptr<OutputFile>> Staging::open(const PackageFile& file) {
  const std::string& path = file.path.str();
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto [name, is_new] = directories_.insert(path.substr(0, slash));
    if (is_new) KIP_TRY_VOID(files_.make_directory(root_ / *name, kDirectoryMode));
  }
  return files_.open_output(root_ / path, OutputMode::create_new, file.mode());
}

Result<void> Staging::make_durable() {
  KIP_TRY_VOID(files_.sync_tree(root_));
  return files_.sync_directory(directory_of(root_));
}

Result<void> Staging::discard() {
  if (is_new_) return files_.remove_tree(root_);
  KIP_TRY(const auto names, files_.list_directory(root_));
  for (const std::string& name : names)
    KIP_TRY_VOID(files_.remove_tree(root_ / name));
  return {};
}

Result<PackageManifest> fill_staging(FileSystem& files, const std::filesystem::path& folder,
                                     const std::function<Result<PackageManifest>(Staging&)>& fill) {
  KIP_TRY(Staging staging, Staging::prepare(files, folder));
  auto manifest = fill(staging);
  if (manifest) return manifest;
  Error error = std::move(manifest).error();
  if (const auto removed = staging.discard(); !removed) error.message += "; then " + removed.error().message;
  return Unexpected(std::move(error));
}

}  // namespace kip
