#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <server/http/byte_range.hpp>
#include <server/http/conditional.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::array<std::string_view, 3> kTypes = {"application/json", "text/csv", "text/calendar"};

std::string_view header_of(const http::Response& answer, std::string_view name) {
  const auto found = std::find_if(answer.headers.begin(), answer.headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == answer.headers.end() ? std::string_view() : std::string_view(found->second);
}

bool is_one_of_ours(const http::Response& answer) {
  if (answer.status != 200 || answer.file || answer.body.empty() || !header_of(answer, "ETag").empty()) return false;
  const std::string_view type = header_of(answer, "Content-Type");
  return std::find(kTypes.begin(), kTypes.end(), type.substr(0, type.find(';'))) != kTypes.end();
}

}  // namespace

std::string body_etag(BytesView body) {
  return fmt::format("\"{}\"", sha256(body).hex());
}

bool passes_if_match(const http::Request& request, std::string_view etag) {
  if (!request.headers.contains("if-match")) return true;
  std::string_view if_match = request.header("if-match");
  if (trim(if_match) == "*") return true;
  while (!if_match.empty()) {
    const auto end = std::min(if_match.find(','), if_match.size());
    if (trim(if_match.substr(0, end)) == etag) return true;
    if_match.remove_prefix(std::min(end + 1, if_match.size()));
  }
  return false;
}

http::Response conditional(const http::Request& request, http::Response answer) {
  if (!is_one_of_ours(answer)) return answer;
  const std::string etag = body_etag(answer.body);
  // It may be kept, by the client alone, and has to be asked about each time.
  answer.set("ETag", etag).set("Cache-Control", "private, no-cache");
  if (!matches_etag(request.header("if-none-match"), etag)) return answer;
  answer.status = 304;
  answer.body.clear();
  std::erase_if(answer.headers, [](const auto& header) {
    return header.first == "Content-Type" || header.first == "Content-Disposition";
  });
  return answer;
}

}  // namespace kip::server
