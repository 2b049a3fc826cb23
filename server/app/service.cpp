#include <vector>

#include <fmt/format.h>

#include <server/app/server_database.hpp>
#include <server/app/tenant_service.hpp>
#include <server/http/http_metrics.hpp>
#include <server/http/tenant_switch.hpp>
#include <signing/http/http_server.hpp>

namespace kip::server {
namespace {

constexpr std::uint64_t kMaxText = 1U << 20U;

/// Whether these can be served by one process, under one address.
Result<void> expect_together(const std::vector<ServerFolder>& folders, const std::optional<ListenAddress>& listen) {
  const ServerSettings& first = folders.front().settings;
  for (auto one = folders.begin() + 1; one != folders.end(); ++one) {
    const ServerSettings& settings = one->settings;
    if (!listen && settings.listen != first.listen) {
      return fail(ErrorCode::usage,
                  fmt::format("{} and {} are to be served by one process and have different addresses "
                              "in server.listen; make them the same, or give --listen",
                              first.tenant.str(), settings.tenant.str()));
    }
    for (auto other = folders.begin(); other != one; ++other) {
      if (other->settings.tenant != settings.tenant) continue;
      return fail(ErrorCode::conflict, fmt::format("two folders are of the vendor {}", settings.tenant.str()));
    }
  }
  return {};
}

std::vector<Gauge> load_gauges(const http::HttpLoad& load) {
  return {
      {"kip_http_waiting", "Connections whose request has not come yet.", {}, static_cast<std::int64_t>(load.waiting)},
      {"kip_http_queued", "Requests that wait for a thread.", {}, static_cast<std::int64_t>(load.queued)},
      {"kip_http_threads_busy", "Threads that answer a request.", {}, static_cast<std::int64_t>(load.in_work)},
      {"kip_http_threads", "Threads that answer requests.", {}, static_cast<std::int64_t>(load.threads)}};
}

/// What a setting names as a folder is none other, once it is there.
Result<void> expect_folders(FileSystem& files, const ServerSettings& settings) {
  const std::pair<const char*, const std::filesystem::path&> all[] = {{"storage.repository", settings.repository},
                                                                      {"storage.logs", settings.logs},
                                                                      {"calendars.folder", settings.calendars},
                                                                      {"keys.folder", settings.keys}};
  for (const auto& [name, path] : all) {
    const auto status = files.status(path);
    if (!status && status.error().code == ErrorCode::not_found) continue;
    if (!status) return fail_while(name, status.error());
    if (status->kind == FileKind::directory || status->kind == FileKind::symlink) continue;
    return fail(ErrorCode::usage, fmt::format("{0} in {1} names {2}, which is a file, and a folder is wanted: name "
                                              "another place, or move the file away",
                                              name, kSettingsFile, path.string()));
  }
  return {};
}

}  // namespace

Result<ServerFolder> read_server_folder(FileSystem& files, const std::filesystem::path& folder) {
  const auto path = std::filesystem::absolute(folder) / kSettingsFile;
  auto text = read_file(files, path, kMaxText, Links::follow);
  if (!text && text.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is no server's folder (no {}); make one with \"kip-server init --dir {}\"",
                            folder.string(), kSettingsFile, folder.string()));
  }
  if (!text) return Unexpected(std::move(text).error());
  KIP_TRY(ServerSettings settings, read_server_settings(*text, path));
  KIP_TRY_VOID(expect_folders(files, settings));
  KIP_TRY(const SecretBytes passphrase, read_passphrase(files, settings.passphrase_file));
  KIP_TRY(ServerKeys keys, load_server_keys(files, settings.keys, passphrase));
  return ServerFolder{std::move(settings), std::move(keys), nullptr};
}

Result<ServerFolder> open_server_folder(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(ServerFolder out, read_server_folder(files, folder));
  KIP_TRY(out.store, open_database(files, out.settings));
  return out;
}

Result<void> offer_keys(FileSystem& files, const std::filesystem::path& folder, const ServerFolder& opened) {
  KIP_TRY(const auto unit, opened.store->begin(opened.settings.tenant, Access::read));
  KIP_TRY(std::vector<LogLife> lives, newest_lives(*unit));
  if (lives.empty()) lives = first_lives(opened.settings.url, opened.settings.tenant);
  KIP_TRY(const auto logs, log_authorities(log_keeping(opened), opened.keys.entry.key.public_key(), lives));
  return write_online_keys(files, folder, online_keys_file(opened.settings.tenant, opened.keys, logs));
}

LogKeeping log_keeping(const ServerFolder& opened) {
  LogKeeping out{opened.settings.logs, opened.keys.checkpoint.key};
  if (opened.keys.earlier_checkpoint) out.earlier_key = opened.keys.earlier_checkpoint->key;
  return out;
}

struct Service::Parts {
  ListenAddress listen;
  HttpMetrics metrics;
  std::unique_ptr<http::HttpServer> http;
  std::vector<std::unique_ptr<TenantService>> tenants;
  std::optional<TenantSwitch> tenant_switch;
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Service>> Service::start(const ServicePorts& ports, const ServiceOptions& options) {
  std::vector<std::filesystem::path> paths{options.folder};
  paths.insert(paths.end(), options.others.begin(), options.others.end());
  std::vector<ServerFolder> folders;
  for (const auto& path : paths) {
    KIP_TRY(ServerFolder folder, open_server_folder(ports.files, path));
    folders.push_back(std::move(folder));
  }
  KIP_TRY_VOID(expect_together(folders, options.listen));
  auto parts = std::make_unique<Parts>();
  parts->listen = options.listen.value_or(folders.front().settings.listen);
  http::HttpOptions http = folders.front().settings.http;
  http.host = parts->listen.host;
  http.port = parts->listen.port;
  http.name_thread = ports.name_thread;
  http.observer = &parts->metrics;
  http.steady_now = [] { return std::chrono::steady_clock::now(); };
  for (const ServerFolder& folder : folders)
    http.max_body_bytes = std::max(http.max_body_bytes, folder.settings.http.max_body_bytes);
  KIP_TRY(parts->http, http::HttpServer::bind(http, ports.log));
  ServicePorts own = ports;
  own.process_metrics = [raw = parts.get()] {
    return raw->metrics.text() + gauges_text(load_gauges(raw->http->load()));
  };
  for (std::size_t i = 0; i < folders.size(); ++i) {
    KIP_TRY(auto tenant, TenantService::open(own, paths[i], std::move(folders[i]), parts->http->port()));
    parts->tenants.push_back(std::move(tenant));
  }
  std::vector<TenantSwitch::Way> ways;
  for (const auto& tenant : parts->tenants) {
    tenant->start();
    ways.push_back({tenant->tenant(), tenant->router()});
  }
  parts->tenant_switch.emplace(std::move(ways));
  parts->http->start(*parts->tenant_switch);
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

Service::~Service() {
  parts_->http->stop();
  for (const auto& tenant : parts_->tenants)
    tenant->stop();
}

std::string Service::address() const {
  return http_address(parts_->listen.host, parts_->http->port());
}

}  // namespace kip::server
