#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/cli/api_client.hpp>
#include <signing/config/settings.hpp>
#include <signing/fetch/curl_http_client.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxToken = 4096;
constexpr unsigned kOthers = 077;

constexpr std::array<Setting, 3> kTable = {{
    {"server.url", SettingType::text, Presence::optional, {}, "Base URL of the vendor's server", 1, 1024},
    {"server.tenant", SettingType::text, Presence::optional, {}, "The vendor's name there", 1, 63},
    {"server.token_file", SettingType::path, Presence::optional, {}, "File (0600) with your API token", 1, 4096},
}};

Result<ServerOptions> with_settings(Context& context, ServerOptions options) {
  if (options.config.empty()) {
    const char* variable = std::getenv("KIP_CONFIG");
    if (variable != nullptr) options.config = variable;
  }
  if (!options.config.empty()) {
    KIP_TRY(const Bytes text, read_file(context.files, options.config, 64U << 10U, Links::follow));
    KIP_TRY(const Settings settings, Settings::parse(text, options.config, kTable));
    if (options.url.empty() && settings.has("server.url")) options.url = settings.text("server.url");
    if (options.tenant.empty() && settings.has("server.tenant")) options.tenant = settings.text("server.tenant");
    if (options.token_file.empty() && settings.has("server.token_file"))
      options.token_file = settings.path("server.token_file").string();
  }
  while (options.url.ends_with('/'))
    options.url.pop_back();
  return options;
}

Result<ServerOptions> completed(Context& context, const ServerOptions& given) {
  KIP_TRY(ServerOptions options, with_settings(context, given));
  if (options.url.empty() || options.tenant.empty() || options.token_file.empty()) {
    return fail(ErrorCode::usage,
                "which server? give --server, --tenant and --token-file, or a settings file by --config or KIP_CONFIG");
  }
  return options;
}

Result<SecretBytes> read_token(Context& context, const std::string& path) {
  KIP_TRY(const FileStatus status, context.files.status(path));
  if (status.kind == FileKind::file && (status.mode & kOthers) != 0) {
    return fail(ErrorCode::denied, fmt::format("{} can be read by others; chmod 600 it", path));
  }
  KIP_TRY(Bytes token, read_file(context.files, path, kMaxToken));
  Bytes trimmed(trim(token));
  SecretBytes::wipe(token);
  if (trimmed.empty() || trimmed.find_first_of("\r\n") != Bytes::npos) {
    return fail(ErrorCode::malformed, fmt::format("{} must hold one API token", path));
  }
  return SecretBytes(std::move(trimmed));
}

}  // namespace

Result<std::string> find_server_url(Context& context, const ServerOptions& options) {
  KIP_TRY(ServerOptions known, with_settings(context, options));
  if (!known.url.empty()) return std::move(known).url;
  return fail(ErrorCode::usage, "which server? give --server, or a settings file by --config or KIP_CONFIG");
}

Result<std::string> find_token_file(Context& context, const ServerOptions& options) {
  KIP_TRY(ServerOptions known, with_settings(context, options));
  if (!known.token_file.empty()) return std::move(known).token_file;
  return fail(ErrorCode::usage, "which file? give --token-file, or a settings file by --config or KIP_CONFIG");
}

ApiClient::ApiClient(std::unique_ptr<HttpClient> http, std::string base, TenantId tenant, SecretBytes token)
    : http_(std::move(http)), base_(std::move(base)), tenant_(std::move(tenant)), token_(std::move(token)) {}

Result<ApiClient> ApiClient::open(Context& context, const ServerOptions& given, std::chrono::seconds patience) {
  KIP_TRY(ServerOptions options, completed(context, given));
  KIP_TRY(TenantId tenant, TenantId::parse(options.tenant));
  KIP_TRY(SecretBytes token, read_token(context, options.token_file));
  std::string base = fmt::format("{}/v1/tenants/{}", options.url, tenant.str());
  const CurlOptions usual;
  auto http = std::make_unique<CurlHttpClient>(CurlOptions{.total_timeout = std::max(usual.total_timeout, patience),
                                                           .low_speed_time = std::max(usual.low_speed_time, patience)});
  return ApiClient(std::move(http), std::move(base), std::move(tenant), std::move(token));
}

Result<ApiClient> ApiClient::open_without_token(Context& context, const ServerOptions& given) {
  KIP_TRY(const ServerOptions options, with_settings(context, given));
  if (options.url.empty() || options.tenant.empty()) {
    return fail(ErrorCode::usage,
                "which server? give --server and --tenant, or a settings file by --config or KIP_CONFIG");
  }
  KIP_TRY(TenantId tenant, TenantId::parse(options.tenant));
  std::string base = fmt::format("{}/v1/tenants/{}", options.url, tenant.str());
  return ApiClient(std::make_unique<CurlHttpClient>(CurlOptions{}), std::move(base), std::move(tenant), {});
}

Result<json::Value> ApiClient::get(std::string_view route) {
  return send("GET", route, {}, {});
}

Result<json::Value> ApiClient::post(std::string_view route, const json::Value& body) {
  return send("POST", route, json::to_compact(body), "application/json");
}

Result<json::Value> ApiClient::put(std::string_view route, Bytes body) {
  return send("PUT", route, std::move(body), "application/octet-stream");
}

Result<Bytes> ApiClient::get_file(std::string_view route, std::uint64_t max_bytes) {
  return exchange({.max_body = max_bytes}, route);
}

Result<Bytes> ApiClient::exchange(HttpRequest request, std::string_view route) {
  request.url = base_ + std::string(route);
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(token_.reveal()));
  request.headers.emplace_back("Accept", "*/*");
  KIP_TRY(HttpResponse response, http_->send(request));
  if (response.status < 200 || response.status > 299) return http_failure(response, request.url);
  return std::move(response.body);
}

Result<json::Value> ApiClient::send(std::string method, std::string_view route, Bytes body, std::string_view type) {
  HttpRequest request{.method = std::move(method), .body = std::move(body), .max_body = kMaxAnswer};
  if (!type.empty()) request.headers.emplace_back("Content-Type", type);
  KIP_TRY(const Bytes answer, exchange(std::move(request), route));
  if (answer.empty()) return json::Value(json::Object{});
  auto value = json::parse(answer, {.bytes = kMaxAnswer, .depth = 32, .values = 10'000'000});
  if (!value) return fail_while("the answer of " + base_ + std::string(route), std::move(value).error());
  return value;
}

}  // namespace kip::cli
