#include <algorithm>
#include <charconv>

#include <manifests/core/unicode.hpp>
#include <server/http/byte_range.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kUnit = "bytes=";

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RangeDecision decide_range(std::string_view range, std::string_view if_range, std::uint64_t size,
                           std::string_view etag) {
  using Kind = RangeDecision::Kind;
  if (!if_range.empty() && trim(if_range) != etag) return {};
  if (!to_lower_ascii(range.substr(0, kUnit.size())).starts_with(kUnit)) return {};
  const std::string_view spec = trim(range.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  const auto last = number(last_text);
  if (!last && !last_text.empty()) return {};
  if (first_text.empty()) {
    if (!last) return {};
    if (*last == 0 || size == 0) return {Kind::unsatisfiable};
    const std::uint64_t length = std::min(*last, size);
    return {Kind::part, {size - length, length}};
  }
  const auto first = number(first_text);
  if (!first || (last && *last < *first)) return {};
  if (*first >= size) return {Kind::unsatisfiable};
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {Kind::part, {*first, end - *first + 1}};
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  if (trim(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    const auto end = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view candidate = trim(if_none_match.substr(0, end));
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (!candidate.empty() && candidate == etag) return true;
    if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
  }
  return false;
}

}  // namespace kip::server
