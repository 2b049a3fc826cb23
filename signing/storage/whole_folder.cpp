#include <fmt/format.h>

#include <signing/storage/whole_folder.hpp>

namespace kip {
namespace {

constexpr unsigned kPrivateFolder = 0700;

Result<void> fill_and_move(FileSystem& files, const std::filesystem::path& draft, const std::filesystem::path& folder,
                           const std::function<Result<void>(const std::filesystem::path&)>& fill) {
  KIP_TRY_VOID(fill(draft));
  KIP_TRY_VOID(files.sync_tree(draft));
  KIP_TRY_VOID(files.rename(draft, folder));
  return files.sync_directory(directory_of(folder));
}

}  // namespace

std::filesystem::path folder_path(const std::filesystem::path& folder) {
  auto out = std::filesystem::absolute(folder).lexically_normal();
  return out.has_filename() ? out : out.parent_path();
}

Result<void> make_whole_folder(FileSystem& files, const std::filesystem::path& folder,
                               const std::function<Result<void>(const std::filesystem::path& draft)>& fill) {
  const auto parent = directory_of(folder);
  const auto draft = parent / fmt::format(".{}.kip-setup", folder.filename().string());
  KIP_TRY_VOID(make_directories(files, parent, kPrivateFolder));
  KIP_TRY_VOID(files.remove_tree(draft));
  KIP_TRY_VOID(files.make_directory(draft, kPrivateFolder));
  auto made = fill_and_move(files, draft, folder, fill);
  if (!made) static_cast<void>(files.remove_tree(draft));  // the first failure is the one to tell
  return made;
}

}  // namespace kip
