#include <string>

#include <curl/curl.h>

#include <signing/fetch/http_date.hpp>

namespace kip {

std::optional<Instant> parse_http_date(std::string_view text) {
  const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return Instant(std::chrono::seconds(seconds));
}

}  // namespace kip
