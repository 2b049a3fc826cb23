#include <fmt/format.h>

#include <client-updater/app/session.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0755;
constexpr unsigned kOwnerOnly = 0700;

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Arguments& arguments, Access access) {
  const std::filesystem::path& folder = arguments.folder;
  std::error_code ignored;
  auto absolute = std::filesystem::absolute(folder, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // written with a slash at its end
  std::unique_ptr<Session> session(new Session(absolute.empty() ? folder : absolute, arguments.hooks_file));
  KIP_TRY_VOID(session->prepare(arguments, access));
  return session;
}

Result<void> Session::prepare(const Arguments& arguments, Access access) {
  const std::filesystem::path settings = arguments.settings.empty() ? layout_.settings() : arguments.settings;
  KIP_TRY(settings_, read_updater_settings(files_, settings));
  http_ = std::make_unique<CurlHttpClient>(std::move(settings_.network));
  if (access == Access::create) {
    KIP_TRY_VOID(make_directories(files_, layout_.root(), kForAll));
    KIP_TRY_VOID(make_directories(files_, layout_.state(), kOwnerOnly));
  } else {
    KIP_TRY(const bool exists, path_exists(files_, layout_.database()));
    if (!exists) {
      return fail(ErrorCode::not_found,
                  fmt::format("{} holds no enrolled install; run kip-updater enroll CODE first, or "
                              "name the folder with --dir",
                              layout_.root().string()));
    }
  }
  if (access != Access::look) {
    KIP_TRY(lock_, files_.lock(layout_.lock()));
  }
  KIP_TRY(store_, SqliteStateStore::open(layout_.database()));
  return {};
}

}  // namespace kip::updater
