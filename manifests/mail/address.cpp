#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/mail/address.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxLocal = 64;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxAddress = 254;
constexpr std::string_view kAtomSigns = "!#$%&'*+-/=?^_`{|}~";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether each piece between dots is one that the condition holds for.
template <class Condition>
bool all_pieces(std::string_view text, Condition&& holds) {
  while (true) {
    const auto dot = text.find('.');
    if (!holds(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_atom(std::string_view piece) {
  return !piece.empty() && std::all_of(piece.begin(), piece.end(), [](char c) {
    return is_letter(c) || is_digit(c) || kAtomSigns.find(c) != std::string_view::npos;
  });
}

bool is_label(std::string_view piece) {
  return !piece.empty() && piece.size() <= kMaxLabel && piece.front() != '-' && piece.back() != '-' &&
         std::all_of(piece.begin(), piece.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

Unexpected refuse(std::string_view text, std::string_view why) {
  constexpr std::size_t kShown = 80;
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is no address of e-mail that can be used: {}",
                                                printable_line(text.substr(0, kShown)), why));
}

}  // namespace

Result<std::string> parse_mail_domain(std::string_view text) {
  const auto last = text.rfind('.');
  const std::string_view top = text.substr(last == std::string_view::npos ? 0 : last + 1);
  const bool fits = last != std::string_view::npos && text.size() <= kMaxDomain && all_pieces(text, is_label) &&
                    !std::all_of(top.begin(), top.end(), is_digit);
  if (!fits) {
    return refuse(text, "behind the \"@\" belongs a domain such as example.vn, of letters, digits and hyphens");
  }
  return to_lower_ascii(text);
}

Result<MailAddress> MailAddress::parse(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return refuse(text, "it has letters beyond ASCII, which many mail servers refuse; write the domain as \"xn--...\"");
  }
  const auto at = text.find('@');
  if (at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos)
    return refuse(text, "it needs one \"@\"");
  if (text.size() > kMaxAddress) return refuse(text, fmt::format("it is longer than {} octets", kMaxAddress));
  const std::string_view local = text.substr(0, at);
  if (local.size() > kMaxLocal || !all_pieces(local, is_atom)) {
    return refuse(text, fmt::format("before the \"@\" belong 1 to {} letters, digits and signs other than blanks, "
                                    "quotes, brackets, commas, colons and semicolons, and single inner dots",
                                    kMaxLocal));
  }
  auto domain = parse_mail_domain(text.substr(at + 1));
  if (!domain) return refuse(text, "behind the \"@\" belongs a domain such as example.vn");
  return MailAddress(fmt::format("{}@{}", local, *domain), at);
}

std::string without_local_parts(std::string_view text) {
  constexpr std::string_view kEnds = " \t\r\n<>()[]{}\"',;:";
  std::string out;
  for (const char c : text) {
    if (c == '@') {
      const auto begin = out.find_last_of(kEnds);
      out.resize(begin == std::string::npos ? 0 : begin + 1);
      out += "...";
    }
    out += c;
  }
  return out;
}

}  // namespace kip
