#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <manifests/model/path_pattern.hpp>

namespace kip {
namespace {

std::vector<std::string> split_components(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const auto slash = text.find('/');
    out.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    text.remove_prefix(slash + 1);
  }
}

/// The characters of UTF-8 text that was checked.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      ++end;
    out.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

/// Whether a pattern in which `star` stands for any run of items matches all items. Going back to the last star is
/// enough, since an earlier one could only take away items that the last one can take as well.
template <class Items, class MatchesOne>
bool matches_with_star(const Items& pattern, const Items& items, std::string_view star, MatchesOne matches_one) {
  std::size_t at_pattern = 0;
  std::size_t at_item = 0;
  std::size_t after_star = pattern.size() + 1;  // none yet
  std::size_t star_end = 0;
  while (at_item < items.size()) {
    if (at_pattern < pattern.size() && pattern[at_pattern] == star) {
      after_star = ++at_pattern;
      star_end = at_item;
    } else if (at_pattern < pattern.size() && matches_one(pattern[at_pattern], items[at_item])) {
      ++at_pattern;
      ++at_item;
    } else if (after_star <= pattern.size()) {
      at_pattern = after_star;
      at_item = ++star_end;
    } else {
      return false;
    }
  }
  while (at_pattern < pattern.size() && pattern[at_pattern] == star)
    ++at_pattern;
  return at_pattern == pattern.size();
}

bool component_matches(std::string_view pattern, std::string_view component) {
  return matches_with_star(
      characters(pattern), characters(component), "*",
      [](std::string_view wanted, std::string_view found) { return wanted == "?" || wanted == found; });
}

}  // namespace

Result<PathPattern> PathPattern::parse(std::string_view text) {
  // A pattern is safe where the path is that has ordinary characters for its wildcards.
  std::string example(text);
  std::replace_if(
      example.begin(), example.end(), [](char c) { return c == '*' || c == '?'; }, 'x');
  if (const auto path = SafeRelativePath::parse(example); !path) {
    return fail_while(fmt::format("the pattern \"{}\"", text.substr(0, 120)), path.error());
  }
  KIP_TRY(const std::string composed, to_nfc(text));
  auto components = split_components(composed);
  for (const std::string& component : components) {
    if (component != "**" && component.find("**") != std::string::npos) {
      return fail(ErrorCode::malformed,
                  fmt::format("the pattern \"{}\" has \"**\" beside other characters: write \"**\" as a component of "
                              "its own, as in \"**/*.xml\"",
                              text));
    }
  }
  return PathPattern(std::string(text), std::move(components));
}

bool PathPattern::matches(const SafeRelativePath& path) const {
  const auto composed = to_nfc(path.str());
  KIP_CHECK(composed.has_value());  // a safe path is UTF-8
  return matches_with_star(components_, split_components(*composed), "**", component_matches);
}

}  // namespace kip
