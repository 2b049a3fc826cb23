#include <algorithm>

#include <client-updater/network/heedful_http_client.hpp>

namespace kip::updater {

Result<HttpResponse> HeedfulHttpClient::send(const HttpRequest& request) {
  return heeded(http_.send(request));
}

Result<HttpResponse> HeedfulHttpClient::download(const HttpDownload& request, BodySink& sink) {
  return heeded(http_.download(request, sink));
}

Result<HttpResponse> HeedfulHttpClient::heeded(Result<HttpResponse> response) {
  constexpr int kTooManyRequests = 429;
  constexpr int kUnavailable = 503;
  if (!response || (response->status != kTooManyRequests && response->status != kUnavailable)) return response;
  const Instant now = clock_.now();
  if (const auto wait = retry_after(*response, now)) not_before_ = std::max(not_before_.value_or(now), now + *wait);
  return response;
}

}  // namespace kip::updater
