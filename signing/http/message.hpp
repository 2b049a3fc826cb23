#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/bytes.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::http {

/// Takes a body piece by piece; an error ends the reading and is what read() returns.
using BodySink = std::function<Result<void>(BytesView)>;

/// The body of a request that is still arriving. Not thread-safe.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Hands all octets to the sink, once. Errors: too_large beyond `max_bytes`, without having read on; malformed where
  /// the connection broke or the framing is wrong; the sink's own.
  virtual Result<void> read(std::uint64_t max_bytes, const BodySink& sink) = 0;
};

/// An HTTP request, free of any library. Header names are lower case; each stands once (see HttpServer).
struct Request {
  std::string method;
  std::string target;  ///< as received: path and query, percent-encoded
  std::map<std::string, std::string, std::less<>> headers;
  BodyReader* body = nullptr;  ///< null where there is none
  std::string from = {};       ///< the client's address; behind a proxy that is believed, what it says
  /// Whether it comes from this machine and nothing says that it was passed on. Never behind a proxy that is believed.
  bool local = false;

  /// Empty where it is missing.
  std::string_view header(std::string_view lower_case_name) const;
};

/// A part of a file as the body of an answer, read while it is sent.
struct FileBody {
  std::shared_ptr<InputFile> file;  ///< shared, because the sending library copies its callback
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;
  std::optional<FileBody> file;  ///< instead of `body`
  std::string route = {};        ///< of the request, as "/v1/tenants/{tenant}/acts"; for the log, not sent
  std::string principal = {};    ///< who asked, as "staff:an" or "install:01J…"; the same

  /// Instead of what the header said before.
  Response& set(std::string name, std::string value);
};

Response json_response(int status, const json::Value& value);

/// RFC 9457: {"type", "title", "status", "detail", "code"} with the status that stands for the code, or `status`.
Response problem(const Error& error, std::optional<int> status = {});

/// A request target taken apart.
struct Target {
  std::string path;                   ///< as received, without the query: what installs sign
  std::vector<std::string> segments;  ///< decoded, so that "/a%2Fb" is one with a slash in it; "/a//b" has an empty one
  std::map<std::string, std::string, std::less<>> query;
};

/// Errors: malformed for a target that does not begin with a slash, a wrong percent-encoding, an encoded slash,
/// backslash or control character in the path, a query parameter given twice.
Result<Target> parse_target(std::string_view target);

}  // namespace kip::http
