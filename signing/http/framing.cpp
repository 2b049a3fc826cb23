#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/fetch/loopback_host.hpp>
#include <signing/http/framing.hpp>

namespace kip::http {
namespace {

constexpr std::array<std::string_view, 13> kOnce = {
    "authorization", "content-encoding", "content-length", "content-type",  "host",     "idempotency-key",   "if-range",
    "range",         "kip-install",      "kip-nonce",      "kip-signature", "kip-time", "transfer-encoding",
};

Result<std::uint64_t> read_length(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && text.size() < 19 && error == std::errc() && end == text.data() + text.size()) return value;
  return fail(ErrorCode::malformed, "the Content-Length is not a number");
}

/// Of one without a port.
bool looks_like_address(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  const auto dot = text.find('.');
  const auto colon = text.rfind(':');
  if (dot == std::string_view::npos) return colon != std::string_view::npos;
  return std::count(text.begin(), text.end(), '.') == 3 && (colon == std::string_view::npos || colon < dot);
}

}  // namespace

Result<Framing> check_framing(const std::vector<std::pair<std::string, std::string>>& fields) {
  Framing out;
  for (const auto& [name, value] : fields) {
    const std::string lower = to_lower_ascii(name);
    const auto [position, added] = out.headers.emplace(lower, value);
    if (added) continue;
    if (std::find(kOnce.begin(), kOnce.end(), lower) != kOnce.end()) {
      return fail(ErrorCode::malformed, fmt::format("the header {} stands twice", lower));
    }
    position->second += ", " + value;
  }
  const auto length = out.headers.find("content-length");
  const auto encoding = out.headers.find("transfer-encoding");
  if (encoding != out.headers.end()) {
    if (length != out.headers.end()) {
      return fail(ErrorCode::malformed, "the request has both a Content-Length and a Transfer-Encoding");
    }
    if (to_lower_ascii(encoding->second) != "chunked") {
      return fail(ErrorCode::malformed, "the only Transfer-Encoding that is understood is chunked");
    }
    out.chunked = true;
  }
  if (length != out.headers.end()) {
    KIP_TRY(out.length, read_length(length->second));
  }
  return out;
}

std::string client_address(std::string_view peer, bool behind_proxy, std::string_view forwarded) {
  constexpr std::size_t kLongest = 45;
  if (!behind_proxy || !is_loopback_host(peer)) return std::string(peer);
  const auto comma = forwarded.rfind(',');
  const std::string_view last = trim(comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1));
  return std::string(last.size() <= kLongest && looks_like_address(last) ? last : peer);
}

}  // namespace kip::http
