#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>

namespace kip {

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};  ///< absolute, http or https; sent as it stands, nothing in it is re-encoded
  std::vector<std::pair<std::string, std::string>> headers = {};
  Bytes body = {};
  std::uint64_t max_body = 8U << 20U;  ///< octets of an answer
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers = {};  ///< names in lower case; the last of equal names
  Bytes body = {};                                               ///< of a download: only what is no part of the file

  /// Empty where it was not sent.
  std::string_view header(std::string_view name) const;
};

/// Takes a download piece by piece. Not thread-safe.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Called once, before the first piece: where in the file the pieces begin. That is the offset that was asked for, or
  /// 0 where the server sends the whole file all the same.
  virtual Result<void> begin(std::uint64_t offset) = 0;
  virtual Result<void> write(BytesView piece) = 0;
};

struct HttpDownload {
  std::string url;
  std::uint64_t offset = 0;    ///< of the first octet asked for, by a Range header where it is above 0
  std::uint64_t max_body = 0;  ///< octets from the offset on
};

/// The one way out to the network. TLS certificates are verified, redirects are not followed, and no size is trusted.
/// An answer of any status is a success here: http_failure() makes an error of it. Not thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Errors: network where there is no whole answer; too_large beyond max_body; malformed where it is no HTTP.
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;

  /// Gives the sink the body of an answer 200 or 206. Of another answer the beginning of the body is in the response.
  /// Errors: as send(), and whatever the sink returns; the sink then has what arrived before, which a later call can
  /// continue.
  virtual Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) = 0;
};

/// What an answer that is no success means for the caller: the code by its status, the message with the server's own
/// words where it gave any.
Unexpected http_failure(const HttpResponse& response, std::string_view url);

/// How long the server asks to stay away: the header Retry-After in seconds or as a date, nothing where it is missing
/// or wrong. Never negative and at most a day. Source: RFC 9110, 10.2.3
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, Instant now);

/// The path of an absolute URL, from the slash on and without a query; "/" where there is none.
std::string_view url_path(std::string_view url);

/// Percent-encodes all but unreserved characters and slashes.
std::string encode_url_path(std::string_view path);

}  // namespace kip
