#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/fetch/http_date.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxWords = 300;
constexpr std::chrono::seconds kMaxRetryAfter = std::chrono::hours(24);

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Text from the other side, fit to be shown to a person.
std::string shown(std::string_view text) {
  std::string out(trim(text.substr(0, kMaxWords)));
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return is_utf8(out) ? out : std::string();
}

/// The "detail" of a problem document (RFC 9457); nothing from an answer of another form.
std::string server_words(BytesView body) {
  const auto value = json::parse(body, {.bytes = 64U << 10U, .depth = 8, .values = 1000});
  if (!value) return {};
  const json::Value* detail = value->find("detail");
  const std::string* text = detail == nullptr ? nullptr : detail->as_text();
  return text == nullptr ? std::string() : shown(*text);
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Unexpected http_failure(const HttpResponse& response, std::string_view url) {
  if (response.status >= 300 && response.status < 400) {
    return fail(
        ErrorCode::network,
        fmt::format("{} answers {} and points to \"{}\"; redirects are not followed, so the address in use must "
                    "be the server's own: ask the vendor",
                    url, response.status, shown(response.header("location"))));
  }
  const ErrorCode code = response.status < 400 ? ErrorCode::malformed : code_of_http_status(response.status);
  const std::string words = server_words(response.body);
  if (words.empty()) return fail(code, fmt::format("{} answers {}", url, response.status));
  return fail(code, fmt::format("{} answers {}: {}", url, response.status, words));
}

std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, Instant now) {
  const std::string_view text = trim(response.header("retry-after"));
  if (text.empty()) return std::nullopt;
  std::chrono::seconds wait{0};
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    constexpr std::size_t kMaxDigits = 9;
    std::int64_t number = text.size() > kMaxDigits ? kMaxRetryAfter.count() : 0;
    for (const char c : text.substr(0, kMaxDigits))
      number = number * 10 + (c - '0');
    wait = std::chrono::seconds(number);
  } else {
    const auto until = parse_http_date(text);
    if (!until) return std::nullopt;
    wait = std::chrono::ceil<std::chrono::seconds>(*until - now);
  }
  return std::clamp(wait, std::chrono::seconds(0), kMaxRetryAfter);
}

std::string_view url_path(std::string_view url) {
  const auto scheme = url.find("://");
  const auto slash = scheme == std::string_view::npos ? url.find('/') : url.find('/', scheme + 3);
  if (slash == std::string_view::npos) return "/";
  const std::string_view path = url.substr(slash);
  return path.substr(0, std::min(path.find_first_of("?#"), path.size()));
}

std::string encode_url_path(std::string_view path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/";
  std::string out;
  for (const char c : path) {
    const bool plain = kPlain.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace kip
