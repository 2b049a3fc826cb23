#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signing/http/message.hpp>

namespace kip::http {

/// How a request's headers say where its body ends.
struct Framing {
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case, each once
  std::optional<std::uint64_t> length;                      ///< Content-Length
  bool chunked = false;

  bool has_body() const { return chunked || length.value_or(0) > 0; }
};

/// Checks the raw header fields of a request. Refuses what two programs on the way could read differently: a
/// Content-Length twice, not a plain number, or together with a Transfer-Encoding; a Transfer-Encoding other than
/// "chunked"; twice one of the fields that decide who calls or what is sent. Other repeated fields are joined with ",
/// ". Errors: malformed. Source: RFC 9112, 6.1 and 6.3.
Result<Framing> check_framing(const std::vector<std::pair<std::string, std::string>>& fields);

/// Who asks: the peer, or where that is a proxy on this machine which is believed, the last address in its
/// X-Forwarded-For, if it is one. What the client has put there before does not count.
std::string client_address(std::string_view peer, bool behind_proxy, std::string_view forwarded);

}  // namespace kip::http
