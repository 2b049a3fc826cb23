#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <manifests/core/unicode.hpp>
#include <signing/http/request_head.hpp>

namespace kip::http {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool is_token(std::string_view text) {
  constexpr std::string_view kAllowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// Anything but control characters; a tab is a blank.
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The first line break that is not a carriage return with a line feed.
bool has_half_a_line_break(std::string_view text) {
  for (auto at = text.find_first_of(kEndOfLine); at != std::string_view::npos;
       at = text.find_first_of(kEndOfLine, at)) {
    if (at + 1 == text.size()) return text[at] == '\n';
    if (text.substr(at, 2) != kEndOfLine) return true;
    at += 2;
  }
  return false;
}

/// Of a URL what stands behind its host; of anything else nothing is changed. Empty where that is not to be had.
std::string origin_form(std::string_view target) {
  const std::string scheme = to_lower_ascii(target.substr(0, std::string_view("https://").size()));
  const std::size_t skipped = scheme == "https://" ? 8 : scheme.starts_with("http://") ? 7 : 0;
  if (skipped == 0) return std::string(target);
  const std::string_view rest = target.substr(skipped);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  if (end == 0 || rest.substr(0, end).find('@') != std::string_view::npos) return {};
  const bool rooted = end < rest.size() && rest[end] == '/';
  return (rooted ? "" : "/") + std::string(rest.substr(end));
}

std::optional<HeadRefusal> read_request_line(std::string_view line, RequestHead& out) {
  constexpr HeadRefusal kUnreadable = {400, "the request's first line is not METHOD ADDRESS VERSION"};
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return kUnreadable;
  out.method = line.substr(0, first);
  out.version = line.substr(last + 1);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(out.method) || !is_target(target)) return kUnreadable;
  if (out.version != "HTTP/1.1" && out.version != "HTTP/1.0") {
    if (!out.version.starts_with("HTTP/")) return kUnreadable;
    return HeadRefusal{505, "the version of HTTP is not 1.1"};
  }
  if (std::find(kMethods.begin(), kMethods.end(), out.method) == kMethods.end()) {
    return HeadRefusal{501, "the method is unknown here"};
  }
  out.target = origin_form(target);
  if (!out.target.starts_with('/') && out.target != "*") return kUnreadable;
  return {};
}

std::optional<HeadRefusal> read_field(std::string_view line, RequestHead& out) {
  if (line.size() > kMaxField) return HeadRefusal{431, "a header is too long"};
  if (out.fields.size() == kMaxFields) return HeadRefusal{431, "the request has too many headers"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_value(line.substr(colon + 1))) {
    return HeadRefusal{400, "a header is not NAME: VALUE, or has a control character"};
  }
  out.fields.emplace_back(line.substr(0, colon), without_blanks(line.substr(colon + 1)));
  return {};
}

std::optional<HeadRefusal> check_host(const RequestHead& head) {
  const auto hosts = std::count_if(head.fields.begin(), head.fields.end(),
                                   [](const auto& field) { return to_lower_ascii(field.first) == "host"; });
  if (hosts > 1 || (hosts == 0 && head.version != "HTTP/1.0"))
    return HeadRefusal{400, "the request needs one Host header"};
  const bool is_host = std::all_of(head.fields.begin(), head.fields.end(), [](const auto& field) {
    return to_lower_ascii(field.first) != "host" || field.second.find_first_of(" \t/@?#\\\"<>") == std::string::npos;
  });
  if (!is_host) return HeadRefusal{400, "the Host header is no host"};
  return {};
}

/// HTTP/1.0 has none; what stands in its way may have taken the body to end elsewhere. Source: RFC 9112, 6.1.
std::optional<HeadRefusal> check_encoding(const RequestHead& head) {
  if (head.version != "HTTP/1.0" || !head.has("transfer-encoding")) return {};
  return HeadRefusal{400, "HTTP/1.0 has no Transfer-Encoding"};
}

}  // namespace

bool RequestHead::has(std::string_view lower_case_name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& field) { return to_lower_ascii(field.first) == lower_case_name; });
}

std::size_t small_body_of(const RequestHead& head) {
  if (head.has("expect") || head.has("transfer-encoding")) return 0;
  std::size_t out = 0;
  bool said = false;
  for (const auto& [name, value] : head.fields) {
    if (to_lower_ascii(name) != "content-length") continue;
    if (std::exchange(said, true)) return 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size() || out > kSmallBody) return 0;
  }
  return out;
}

bool has_later_body(const RequestHead& head) {
  const bool announced =
      head.has("transfer-encoding") || std::any_of(head.fields.begin(), head.fields.end(), [](const auto& field) {
        return to_lower_ascii(field.first) == "content-length" && field.second != "0";
      });
  return announced && small_body_of(head) == 0;
}

std::variant<HeadGoesOn, HeadRefusal, RequestHead> read_head(std::string_view received) {
  const auto end = received.find(kEndOfHead);
  const bool whole = end != std::string_view::npos;
  std::string_view rest = received.substr(0, whole ? end + kEndOfLine.size() : std::string_view::npos);
  const auto first_line = std::min(rest.find(kEndOfLine), rest.size());
  if (first_line > kMaxRequestLine) return HeadRefusal{414, "the request's address is too long"};
  if (has_half_a_line_break(rest)) return HeadRefusal{400, "a line of the request's head does not end as HTTP has it"};
  if (rest.size() > kMaxHead) return HeadRefusal{431, "the request's headers are too long"};
  if (!whole) return HeadGoesOn{};
  RequestHead out;
  out.size = end + kEndOfHead.size();
  if (const auto refused = read_request_line(rest.substr(0, first_line), out)) return *refused;
  rest.remove_prefix(first_line + kEndOfLine.size());
  while (!rest.empty()) {
    const auto line = rest.find(kEndOfLine);
    if (const auto refused = read_field(rest.substr(0, line), out)) return *refused;
    rest.remove_prefix(line + kEndOfLine.size());
  }
  if (const auto refused = check_host(out)) return *refused;
  if (const auto refused = check_encoding(out)) return *refused;
  return out;
}

}  // namespace kip::http
