#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include <client-updater/app/hand_over.hpp>
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
  KIP_TRY(settings_, read_updater_settings(files_, arguments, layout_));
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
  const bool is_alone = access == Access::create || access == Access::exclusive;
  if (is_alone) {
    KIP_TRY(lock_, files_.lock(layout_.lock()));
  }
  hand_over(files_, arguments, layout_, is_alone);
  if (is_alone) {
    UpdaterSettings of_network;
    std::swap(of_network.network, settings_.network);  // they are the network's alone
    of_network.network_user = settings_.network_user;
    KIP_TRY(NetworkProcess process, start_network_process(std::move(of_network)));
    network_.emplace(std::move(process));
  }
  relay_ = std::make_unique<RelayedHttpClient>(network_ ? network_->take_channel() : nullptr);
  http_.emplace(*relay_, clock_);
  KIP_TRY(store_, SqliteStateStore::open(layout_.database()));
  return {};
}

Result<NetworkProcess> start_network_process(UpdaterSettings settings) {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_IGN);  // that nobody reads what is said any more is no reason to break off
#endif
  const bool is_set = !settings.network_user.empty();
  NetworkProcessOptions options{.user = is_set ? settings.network_user : default_network_user(),
                                .must_be_user = is_set};
  if (!settings.network.ca_file.empty()) options.readable.emplace_back(settings.network.ca_file);
  for (const char* const name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    if (const char* const path = std::getenv(name); path != nullptr) options.readable.emplace_back(path);
  }
  return NetworkProcess::start(options, [&settings](Channel& channel) {
    CurlHttpClient http(std::move(settings.network));
    relay_requests(channel, http);
  });
}

}  // namespace kip::updater
