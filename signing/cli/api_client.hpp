#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <manifests/core/ids.hpp>
#include <signing/cli/context.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip::cli {

/// Where a vendor's server is and by what right we speak to it; each from an option, else from the settings file that
/// --config or the variable KIP_CONFIG names (docs/operations.md).
struct ServerOptions {
  std::string config;
  std::string url;
  std::string tenant;
  std::string token_file;
};

/// Base URL of the server, without a slash at its end, where nothing more than that is needed. Errors: usage where it
/// is not known.
Result<std::string> find_server_url(Context& context, const ServerOptions& options);

/// Where the token is kept, or will be. Errors: usage where that is not known.
Result<std::string> find_token_file(Context& context, const ServerOptions& options);

/// Speaks a server's API as a member of staff. Not thread-safe.
class ApiClient {
 public:
  /// `patience`: how long an answer may take, where it is more than usual. Errors: usage where server, tenant or token
  /// are not known; denied where others can read the token file.
  static Result<ApiClient> open(Context& context, const ServerOptions& options, std::chrono::seconds patience = {});

  /// For what is open to anyone. Errors: usage where server or tenant are not known.
  static Result<ApiClient> open_without_token(Context& context, const ServerOptions& options);

  /// `route` is relative to the tenant, "/acts". Errors: those of http_failure(), malformed where the answer is no
  /// JSON.
  Result<json::Value> get(std::string_view route);
  /// A whole list, read page by page: the answer of the first page with the items of all of them in its member `list`.
  /// Errors: too_large beyond a million items.
  Result<json::Value> get_list(std::string_view route, std::string_view list);
  /// Content that is no JSON. Errors: too_large above `max_bytes`.
  Result<Bytes> get_file(std::string_view route, std::uint64_t max_bytes = kMaxAnswer);
  /// With an Idempotency-Key, so that it is sent once more where the answer was lost on the way, and done once.
  Result<json::Value> post(std::string_view route, const json::Value& body);
  Result<json::Value> put(std::string_view route, Bytes body);

  const TenantId& tenant() const { return tenant_; }

  static constexpr std::uint64_t kMaxAnswer = 64U << 20U;

 private:
  ApiClient(std::unique_ptr<HttpClient> http, RandomSource& random, std::string base, TenantId tenant,
            SecretBytes token);
  Result<Bytes> exchange(HttpRequest request, std::string_view route);
  Result<json::Value> send(HttpRequest request, std::string_view route);

  std::unique_ptr<HttpClient> http_;
  RandomSource& random_;
  std::string base_;
  TenantId tenant_;
  SecretBytes token_;
};

}  // namespace kip::cli
