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
constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxItems = 1'000'000;

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
  KIP_TRY_VOID(expect_private(context.files, path));
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

ApiClient::ApiClient(std::unique_ptr<HttpClient> http, RandomSource& random, std::string base, TenantId tenant,
                     SecretBytes token)
    : http_(std::move(http)),
      random_(random),
      base_(std::move(base)),
      tenant_(std::move(tenant)),
      token_(std::move(token)) {}

Result<ApiClient> ApiClient::open(Context& context, const ServerOptions& given, std::chrono::seconds patience) {
  KIP_TRY(ServerOptions options, completed(context, given));
  KIP_TRY(TenantId tenant, TenantId::parse(options.tenant));
  KIP_TRY(SecretBytes token, read_token(context, options.token_file));
  std::string base = fmt::format("{}/v1/tenants/{}", options.url, tenant.str());
  const CurlOptions usual;
  auto http = std::make_unique<CurlHttpClient>(CurlOptions{.total_timeout = std::max(usual.total_timeout, patience),
                                                           .low_speed_time = std::max(usual.low_speed_time, patience)});
  return ApiClient(std::move(http), context.random, std::move(base), std::move(tenant), std::move(token));
}

Result<ApiClient> ApiClient::open_without_token(Context& context, const ServerOptions& given) {
  KIP_TRY(const ServerOptions options, with_settings(context, given));
  if (options.url.empty() || options.tenant.empty()) {
    return fail(ErrorCode::usage,
                "which server? give --server and --tenant, or a settings file by --config or KIP_CONFIG");
  }
  KIP_TRY(TenantId tenant, TenantId::parse(options.tenant));
  std::string base = fmt::format("{}/v1/tenants/{}", options.url, tenant.str());
  return ApiClient(std::make_unique<CurlHttpClient>(CurlOptions{}), context.random, std::move(base), std::move(tenant),
                   {});
}

Result<json::Value> ApiClient::get(std::string_view route) {
  return send({}, route);
}

Result<json::Value> ApiClient::get_list(std::string_view route, std::string_view list) {
  KIP_TRY(json::Value out, get(route));
  const json::Value* first = out.find(list);
  json::Array items = first == nullptr || first->as_array() == nullptr ? json::Array() : *first->as_array();
  const json::Value* next = out.find("next");
  std::int64_t offset = next == nullptr || next->as_integer() == nullptr ? 0 : *next->as_integer();
  while (offset > 0) {
    if (items.size() > kMaxItems) return fail(ErrorCode::too_large, fmt::format("{}: the list is too long", route));
    const char separator = route.find('?') == std::string_view::npos ? '?' : '&';
    KIP_TRY(const json::Value page, get(fmt::format("{}{}limit={}&offset={}", route, separator, kPage, offset)));
    const json::Value* more = page.find(list);
    if (more != nullptr && more->as_array() != nullptr)
      items.insert(items.end(), more->as_array()->begin(), more->as_array()->end());
    next = page.find("next");
    const std::int64_t after = next == nullptr || next->as_integer() == nullptr ? 0 : *next->as_integer();
    if (after != 0 && after <= offset)
      return fail(ErrorCode::malformed, fmt::format("{}: the server's pages go in a circle", route));
    offset = after;
  }
  if (json::Object* members = out.as_object()) {
    members->erase("next");
    members->insert_or_assign(std::string(list), std::move(items));
  }
  return out;
}

Result<json::Value> ApiClient::post(std::string_view route, const json::Value& body) {
  HttpRequest request{.method = "POST", .body = json::to_compact(body)};
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Idempotency-Key", to_hex(random_.bytes(16)));
  auto answer = send(request, route);
  const bool lost = !answer && answer.error().code == ErrorCode::network && !token_.empty();
  return lost ? send(std::move(request), route) : std::move(answer);
}

Result<json::Value> ApiClient::put(std::string_view route, Bytes body) {
  HttpRequest request{.method = "PUT", .body = std::move(body)};
  request.headers.emplace_back("Content-Type", "application/octet-stream");
  return send(std::move(request), route);
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

Result<json::Value> ApiClient::send(HttpRequest request, std::string_view route) {
  request.max_body = kMaxAnswer;
  KIP_TRY(const Bytes answer, exchange(std::move(request), route));
  if (answer.empty()) return json::Value(json::Object{});
  auto value = json::parse(answer, {.bytes = kMaxAnswer, .depth = 32, .values = 10'000'000});
  if (!value) return fail_while("the answer of " + base_ + std::string(route), std::move(value).error());
  return value;
}

}  // namespace kip::cli
