#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/version.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxNumbers = 4;
constexpr std::size_t kMaxDigits = 9;

bool is_number(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !text.empty() && text.size() <= kMaxDigits && digits && (text.size() == 1 || text[0] != '0');
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (!is_number(part) || numbers.size() == kMaxNumbers) {
      return fail(
          ErrorCode::malformed,
          fmt::format("\"{}\" is not a version; write one to four numbers with dots, as 2026.1", text.substr(0, 60)));
    }
    std::uint32_t number = 0;
    for (const char c : part)
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
    numbers.push_back(number);
    begin = end + 1;
  }
  return Version(std::string(text), std::move(numbers));
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  for (std::size_t i = 0; i < kMaxNumbers; ++i) {
    const std::uint32_t mine = i < numbers_.size() ? numbers_[i] : 0;
    const std::uint32_t theirs = i < other.numbers_.size() ? other.numbers_[i] : 0;
    if (mine != theirs) return mine <=> theirs;
  }
  return std::strong_ordering::equal;
}

}  // namespace kip
