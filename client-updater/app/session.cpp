#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include <client-updater/app/session.hpp>
#include <signing/fetch/curl_http_client.hpp>

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
  if (access == Access::look) {
    http_ = std::make_unique<RelayedHttpClient>(nullptr);
  } else {
    KIP_TRY_VOID(start_network());
    KIP_TRY(lock_, files_.lock(layout_.lock()));
  }
  KIP_TRY(store_, SqliteStateStore::open(layout_.database()));
  return {};
}

Result<void> Session::start_network() {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_IGN);  // that nobody reads what is said any more is no reason to break off
#endif
  NetworkProcessOptions options{.user =
                                    settings_.network_user.empty() ? default_network_user() : settings_.network_user};
  if (!settings_.network.ca_file.empty()) options.readable.emplace_back(settings_.network.ca_file);
  for (const char* const name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    if (const char* const path = std::getenv(name); path != nullptr) options.readable.emplace_back(path);
  }
  KIP_TRY(NetworkProcess process, NetworkProcess::start(options, [this](Channel& channel) {
            CurlHttpClient http(std::move(settings_.network));
            relay_requests(channel, http);
          }));
  network_.emplace(std::move(process));
  http_ = std::make_unique<RelayedHttpClient>(network_->take_channel());
  settings_.network = CurlOptions();  // it is the network's alone
  return {};
}

}  // namespace kip::updater
