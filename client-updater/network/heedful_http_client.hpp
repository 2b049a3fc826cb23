#pragma once

#include <optional>

#include <manifests/core/instant.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip::updater {

/// Notes how long servers ask to be left alone (429 and 503 with Retry-After), whatever becomes of the request. Not
/// thread-safe; what is referred to must outlive it.
class HeedfulHttpClient final : public HttpClient {
 public:
  HeedfulHttpClient(HttpClient& http, const Clock& clock) : http_(http), clock_(clock) {}

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override;

  /// The latest time before which a server wants no more requests; nothing where none said so.
  const std::optional<Instant>& not_before() const { return not_before_; }

 private:
  Result<HttpResponse> heeded(Result<HttpResponse> response);

  HttpClient& http_;
  const Clock& clock_;
  std::optional<Instant> not_before_;
};

}  // namespace kip::updater
