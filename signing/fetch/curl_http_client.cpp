#include <array>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/fetch/http_answer.hpp>
#include <signing/fetch/loopback_host.hpp>

#include "curl_handles.hpp"

namespace kip {
namespace {

bool is_this_machine(const std::string& url) {
  const curl::ParsedUrl parsed(curl_url());
  char* found = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return false;
  if (curl_url_get(parsed.get(), CURLUPART_HOST, &found, 0) != CURLUE_OK) return false;
  const curl::Text owner(found);
  return is_loopback_host(found);
}

Unexpected transfer_failure(CURLcode code, std::string_view url, std::string_view detail) {
  const std::string_view words = detail.empty() ? std::string_view(curl_easy_strerror(code)) : trim(detail);
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && !http)) {
    return fail(ErrorCode::malformed, fmt::format("\"{}\" is not an address that can be used ({})", url, words));
  }
  if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
    return fail(ErrorCode::malformed, fmt::format("what {} sends is not HTTP ({})", url, words));
  }
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) {
    return fail(ErrorCode::network, fmt::format("could not connect to {} ({})", url, words));
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return fail(ErrorCode::network,
                fmt::format("could not connect to {}: its certificate does not hold ({})", url, words));
  }
  return fail(ErrorCode::network, fmt::format("the connection to {} broke ({})", url, words));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* answer) {
  return static_cast<HttpAnswer*>(answer)->take_header(BytesView(data, size * count)) ? size * count : 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* answer) {
  return static_cast<HttpAnswer*>(answer)->take_body(BytesView(data, size * count)) ? size * count : 0;
}

}  // namespace

struct CurlHttpClient::State {
  CurlOptions options;
  curl::Easy handle;
  std::array<char, CURL_ERROR_SIZE> error_text = {};

  template <class T>
  void set(CURLoption option, T value) {
    KIP_CHECK(curl_easy_setopt(handle.get(), option, value) == CURLE_OK);
  }

  /// Everything that is the same for each request. Connections and TLS sessions stay through the reset.
  void prepare(const std::string& url) {
    curl_easy_reset(handle.get());
    error_text[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (is_this_machine(url)) {
      set(CURLOPT_PROXY, "");
    } else if (!options.proxy.empty()) {
      use_proxy();
    }
    if (options.max_octets_per_second > 0) {
      set(CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(options.max_octets_per_second));
    }
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, options.low_speed_octets_per_second);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.low_speed_time.count()));
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_WRITEFUNCTION, &on_body);
  }

  void use_proxy() {
    set(CURLOPT_PROXY, options.proxy.c_str());
    set(CURLOPT_NOPROXY, "");
    if (!options.ca_file.empty()) set(CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
    if (options.proxy_credentials.empty()) return;
    Bytes credentials(options.proxy_credentials.reveal());
    set(CURLOPT_PROXYUSERPWD, credentials.c_str());
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_ANY));
    SecretBytes::wipe(credentials);
  }

  Result<HttpResponse> perform(HttpAnswer answer, const curl::Lines& headers, std::string_view url) {
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_HEADERDATA, static_cast<void*>(&answer));
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    const CURLcode code = curl_easy_perform(handle.get());
    // libcurl reports an answer that we gave up as a failed write: our own reason is the true one.
    if (code != CURLE_OK && !answer.failure()) return transfer_failure(code, url, error_text.data());
    return std::move(answer).finish(url);
  }
};

CurlHttpClient::CurlHttpClient(CurlOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  if (state_->options.user_agent.empty()) state_->options.user_agent = "kip/" KIP_VERSION;
  state_->handle = curl::make_easy();
}

CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::send(const HttpRequest& request) {
  state_->prepare(request.url);
  curl::Lines headers;
  curl::append(headers, "Expect:");  // no waiting for permission to send the body
  for (const auto& [name, value] : request.headers)
    curl::append(headers, fmt::format("{}: {}", name, value).c_str());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    state_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    state_->set(CURLOPT_POSTFIELDS, request.body.data());
  }
  state_->set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") state_->set(CURLOPT_NOBODY, 1L);
  state_->set(CURLOPT_TIMEOUT, static_cast<long>(state_->options.total_timeout.count()));
  return state_->perform(HttpAnswer(request.max_body), headers, request.url);
}

Result<HttpResponse> CurlHttpClient::download(const HttpDownload& request, BodySink& sink) {
  state_->prepare(request.url);
  curl::Lines headers;
  // A Range header of our own, not CURLOPT_RESUME_FROM: with that, libcurl refuses an answer 200 by itself.
  if (request.offset > 0) curl::append(headers, fmt::format("Range: bytes={}-", request.offset).c_str());
  return state_->perform(HttpAnswer(request, sink), headers, request.url);
}

}  // namespace kip
