#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/bytes.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/http/message.hpp>

namespace kip::http {
namespace {

std::string_view title(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "The request cannot be right";
    case ErrorCode::malformed:
      return "The request does not follow its format";
    case ErrorCode::too_large:
      return "Too large";
    case ErrorCode::not_found:
      return "Not found";
    case ErrorCode::conflict:
      return "Conflict with what is there";
    case ErrorCode::denied:
      return "Not allowed";
    case ErrorCode::signature:
      return "Too few valid signatures";
    case ErrorCode::expired:
      return "Expired";
    case ErrorCode::rollback:
      return "Older than what is there";
    case ErrorCode::integrity:
      return "Hash or length differs";
    case ErrorCode::storage:
    case ErrorCode::internal:
      return "The server failed";
    case ErrorCode::disk_full:
      return "The server's disk is full";
    case ErrorCode::network:
      return "Another server could not be reached";
    case ErrorCode::busy:
      return "Come back later";
  }
  return "Error";
}

Unexpected bad_target(std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("the request's address {}", why));
}

Result<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad_target("has a wrong percent-encoding");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  const bool control =
      std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control || !is_utf8(out)) return bad_target("has a control character or is not UTF-8");
  return out;
}

Result<void> read_query(std::string_view text, Target& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    KIP_TRY(std::string name, decode(pair.substr(0, equals)));
    KIP_TRY(std::string value, decode(pair.substr(std::min(equals + 1, pair.size()))));
    if (!out.query.emplace(std::move(name), std::move(value)).second) return bad_target("has a parameter twice");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view() : found->second;
}

Response& Response::set(std::string name, std::string value) {
  const auto present =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  if (present != headers.end()) {
    present->second = std::move(value);
  } else {
    headers.emplace_back(std::move(name), std::move(value));
  }
  return *this;
}

Response json_response(int status, const json::Value& value) {
  Response out;
  out.status = status;
  out.set("Content-Type", "application/json").set("Cache-Control", "no-store");
  out.body = json::to_compact(value) + "\n";
  return out;
}

Response problem(const Error& error, std::optional<int> status) {
  const int code = status.value_or(http_status(error.code));
  Response out;
  out.status = code;
  out.set("Content-Type", "application/problem+json").set("Cache-Control", "no-store");
  // The title says what kind; the detail of a failure of our own may name paths of this machine and stays in the log.
  const bool ours = error.code == ErrorCode::internal || error.code == ErrorCode::storage;
  out.body =
      json::to_compact(json::Object{{"type", fmt::format("urn:kip:error:{}", to_string(error.code))},
                                    {"title", title(error.code)},
                                    {"status", code},
                                    {"detail", ours ? "the server's log says why" : std::string_view(error.message)},
                                    {"code", to_string(error.code)}}) +
      "\n";
  if (error.code == ErrorCode::busy) out.set("Retry-After", "5");
  return out;
}

Result<Target> parse_target(std::string_view target) {
  const auto question = std::min(target.find('?'), target.size());
  Target out;
  out.path = target.substr(0, question);
  if (!out.path.starts_with('/') || out.path.find('#') != std::string::npos) {
    return bad_target("does not begin with a slash");
  }
  std::string_view rest = std::string_view(out.path).substr(1);
  while (true) {
    const auto end = std::min(rest.find('/'), rest.size());
    KIP_TRY(std::string segment, decode(rest.substr(0, end)));
    if (segment.find('\\') != std::string::npos) return bad_target("has a backslash");
    out.segments.push_back(std::move(segment));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  KIP_TRY_VOID(read_query(target.substr(std::min(question + 1, target.size())), out));
  return out;
}

}  // namespace kip::http
