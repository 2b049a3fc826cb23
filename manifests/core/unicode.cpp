#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include <manifests/core/unicode.hpp>

namespace kip {
namespace {

Result<std::string> map(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto* input = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size =
      utf8proc_map(input, static_cast<utf8proc_ssize_t>(text.size()), &mapped, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return fail(ErrorCode::malformed, "text is not UTF-8");
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether the text is UTF-8 and `holds` of each of its code points.
template <typename Predicate>
bool all_code_points(std::string_view text, const Predicate& holds) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const auto used = utf8proc_iterate(at, left, &code_point);
    if (used <= 0 || !holds(code_point)) return false;
    at += used;
    left -= used;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  return is_ascii(text) || all_code_points(text, [](utf8proc_int32_t) { return true; });
}

bool is_blank(std::string_view text) {
  constexpr std::array<utf8proc_category_t, 5> kUnseen = {
      UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZL, UTF8PROC_CATEGORY_ZP, UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CF};
  return all_code_points(text, [&](utf8proc_int32_t code_point) {
    return std::find(kUnseen.begin(), kUnseen.end(), utf8proc_category(code_point)) != kUnseen.end();
  });
}

Result<std::string> to_nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);  // nearly all paths are, and nothing composes
  return map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

Result<std::string> collision_key(std::string_view text) {
  if (is_ascii(text)) return to_lower_ascii(text);
  // Folding can undo composition, so that the result is composed once more.
  KIP_TRY(const std::string folded, map(text, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD));
  return to_nfc(folded);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace kip
