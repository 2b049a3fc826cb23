#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/daemon/log.hpp>

namespace kip {
namespace {

std::string escaped(std::string_view value) {
  const bool plain = !value.empty() && is_utf8(value) && std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '=' || c == '\\';
  });
  if (plain) return std::string(value);
  const bool text = is_utf8(value);
  std::string out = "\"";
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !text)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(octet));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string format_log_line(std::string_view event, const LogFields& fields) {
  std::string out = fmt::format("event={}", event);
  for (const auto& [name, value] : fields)
    out += fmt::format(" {}={}", name, escaped(value));
  return out;
}

}  // namespace kip
