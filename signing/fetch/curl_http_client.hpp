#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <signing/crypto/secret.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip {

struct CurlOptions {
  std::string user_agent = "";             ///< empty: "kip/VERSION"
  std::string ca_file = "";                ///< PEM certificates to trust instead of the system's; empty: the system's
  std::string proxy = "";                  ///< "http://host:port"; empty: that of the environment
  SecretBytes proxy_credentials = {};      ///< "user:password"; empty: none
  std::int64_t max_octets_per_second = 0;  ///< of what comes in; 0: as fast as it goes
  std::chrono::seconds connect_timeout{10};
  /// For a whole send(). A download has no such bound, only the one below.
  std::chrono::seconds total_timeout{120};
  /// A transfer that stays below this rate for that long is given up.
  long low_speed_octets_per_second = 100;
  std::chrono::seconds low_speed_time{30};
};

/// HTTP and HTTPS by libcurl. Connections are kept between calls. A proxy is that of the options or else of the
/// environment (https_proxy, http_proxy, no_proxy), but never used to reach this machine itself. The first one made
/// lets the process ignore SIGPIPE. Not thread-safe.
class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(CurlOptions options = {});
  ~CurlHttpClient() override;

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kip
