#include <cstdint>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>

namespace kip {
namespace {

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t size = 0;  ///< octets; 0 where they are no UTF-8
};

Decoded decode(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  std::uint32_t code_point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return {};
    code_point = code_point << 6U | (at(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[size] || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) return {};
  return {code_point, size};
}

/// Source: Unicode, bidirectional formatting characters; U+2028 and U+2029 end lines on some screens.
bool misleads(std::uint32_t c) {
  return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

constexpr std::string_view kContinued = "  ";

std::string show(std::string_view text, bool keep_lines) {
  std::string out;
  while (!text.empty()) {
    const auto [code_point, size] = decode(text);
    const bool control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
    const bool kept = keep_lines && (code_point == '\n' || code_point == '\t');
    if (size == 0) {
      out += fmt::format("\\x{{{:02x}}}", static_cast<unsigned>(static_cast<std::uint8_t>(text[0])));
    } else if ((control && !kept) || misleads(code_point)) {
      out += fmt::format("\\u{{{:x}}}", code_point);
    } else {
      out += text.substr(0, size);
      const bool continues = code_point == '\n' && text.substr(1, 1) != " ";
      if (continues) out += kContinued;
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return show(text, true);
}

std::string printable_line(std::string_view text) {
  return show(text, false);
}

bool is_printable_line(std::string_view text) {
  return printable_line(text) == text;
}

}  // namespace kip
